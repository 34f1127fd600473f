"""A hub under the test's control: its clock, its flushes, and viewers that read when told."""

import json
from typing import Any
from uuid import UUID

from milepost.domain.revocation import Credential
from milepost.live.channels import parse_channel
from milepost.live.hub import Hub, HubOptions
from milepost.live.requests import Bounds, Place
from milepost.live.subscribing import Start, initial_data_json
from milepost.live.topics import Audience
from milepost.live.viewer import Viewer
from tests.live.fleet import TENANT, USER, state


class Desk:
    """A hub with a clock of its own, and viewers that read when the test says so."""

    def __init__(self, **options: Any) -> None:
        self.now_s = 0.0
        self.epochs = 0
        self.hub = Hub(lambda: self.now_s, HubOptions(**options), self.epoch)

    def epoch(self) -> str:
        self.epochs += 1
        return f"epoch{self.epochs}"

    def viewer(self, tenant_id: UUID = TENANT) -> Viewer:
        return self.open(Credential(user_id=USER), tenant_id)

    def open(self, credential: Credential, tenant_id: UUID = TENANT) -> Viewer:
        return self.hub.open(tenant_id, credential, lambda: None, lambda: None, self.now_s)

    def watch(
        self,
        viewer: Viewer,
        name: str = "fleet:all",
        *,
        vehicles: frozenset[UUID] | None = None,
        fleets: frozenset[UUID] | None = None,
        commands: bool = True,
        bounds: Bounds | None = None,
        resume: Place | None = None,
    ) -> Start:
        audience = Audience(viewer.tenant_id, parse_channel(name), vehicles, fleets, commands)
        return self.hub.subscribe(viewer, audience, bounds, resume)

    def report(self, number: int, tenant_id: UUID = TENANT, **changes: Any) -> None:
        update = state(number, **changes)
        self.hub.telemetry(tenant_id, update.fleet_id, update.vehicle_id, update)


def read(viewer: Viewer) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while (frame := viewer.take()) is not None:
        batch = json.loads(frame)
        assert batch["type"] == "batch"
        messages += batch["messages"]
    return messages


def speeds(messages: list[dict[str, Any]]) -> list[float]:
    return [message["data"]["speedKmh"] for message in messages]


def snapshot(start: Start) -> dict[str, Any]:
    """The data of `initial_data`."""
    assert start.vehicles is not None
    text = initial_data_json(start.topic, start.offset, start.vehicles, "1")
    data: dict[str, Any] = json.loads(text)["data"]
    return data


def shown(start: Start) -> set[str]:
    return {vehicle["vehicleId"] for vehicle in snapshot(start)["vehicles"]}
