"""Every change of a command's state: live viewers are told, Prometheus counts."""

from datetime import datetime
from uuid import UUID

import msgspec
from prometheus_client import CollectorRegistry, Counter

from milepost.domain.command_run import CommandChange
from milepost.live.hub import Hub

EVENT = "command_execution"


class CommandExecution(msgspec.Struct, frozen=True, rename="camel"):
    """`data` of the event; `result` is the device's reply, or else the reason of the state."""

    command_id: UUID
    vehicle_id: UUID | None
    device_id: UUID
    type: str
    status: str
    result: str | None
    initiator_user_id: UUID | None
    timestamp: datetime


class CommandNews:
    """Tells the vehicle's channel, its fleet's and that of the user who asked."""

    def __init__(self, hub: Hub, registry: CollectorRegistry) -> None:
        self._hub = hub
        self._changes = Counter(
            "milepost_commands",
            "Commands that came to a state",
            ("kind", "state"),
            registry=registry,
        )

    def tell(self, change: CommandChange) -> None:
        """A command has come to another state, and that is committed."""
        run = change.run
        self._changes.labels(run.kind, run.state).inc()
        channels = []
        if run.vehicle_id is not None:
            channels.append(f"vehicle:{run.vehicle_id}")
            if change.fleet_id is not None:
                channels.append(f"fleet:{change.fleet_id}")
        if run.initiator_user_id is not None:
            channels.append(f"user:{run.initiator_user_id}")
        data = CommandExecution(
            run.id,
            run.vehicle_id,
            run.device_id,
            run.kind,
            run.state,
            run.reason if run.reply is None else run.reply,
            run.initiator_user_id,
            run.updated_at,
        )
        self._hub.event(run.tenant_id, channels, EVENT, data, of_command=True)
