import asyncio
from collections.abc import AsyncIterator

import pytest
import websockets
from tests.live.fleet import (
    NORTH,
    SOUTH,
    TENANT,
    scope,
    state,
    vehicle_id,
)
from tests.live.server import World, events, receive, running, subscribe
from websockets.exceptions import ConnectionClosed


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as world:
        world.scopes["admin"] = scope()
        world.directory.put(0)
        world.directory.put(1, SOUTH)
        yield world


def report(world: World, number: int = 0, **changes: object) -> None:
    update = state(number, **changes)  # type: ignore[arg-type]
    world.hub.telemetry(TENANT, update.fleet_id, update.vehicle_id, update)


async def closed(client: websockets.ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await asyncio.wait_for(client.recv(), 10)
    frame = caught.value.rcvd
    assert frame is not None
    return frame.code, frame.reason


async def test_position_reaches_the_viewers_of_vehicle_and_fleets(world: World) -> None:
    async with world.connect("admin") as client:
        assert client.subprotocol == "json"
        hello = await receive(client)
        assert hello["type"] == "connection_ack"
        assert set(hello["data"]) == {
            "clientId",
            "serverTime",
            "maxPayloadSize",
            "heartbeatInterval",
        }
        channels = [f"vehicle:{vehicle_id(0)}", f"fleet:{NORTH}", "fleet:all"]
        for channel in channels:
            ack, initial = await subscribe(client, channel)
            assert ack["status"] == "subscribed"
            assert initial["vehicles"] == []
        report(world, 0)
        found = {message["channel"]: message for message in await events(client, 3)}
    assert set(found) == set(channels)
    assert found[channels[0]]["event"] == "telemetry_update"
    assert found["fleet:all"]["event"] == "fleet_telemetry_update"
    assert found["fleet:all"]["data"]["location"] == {"lat": 52.0, "lng": 13.0}
