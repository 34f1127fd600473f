"""From a device's socket to a viewer's: the live contract end to end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from milepost.protocols.teltonika import PROTOCOL
from tests.system.devices import Tracker, drive
from tests.system.server import Server, milliseconds, vehicle_path

SIGN_IN = 4401
HEARD_WITHIN_S = 15.0
IMEI = "350000000000601"


@asynccontextmanager
async def viewer(server: Server, token: str) -> AsyncIterator[websockets.ClientConnection]:
    offered = [websockets.Subprotocol("json"), websockets.Subprotocol(f"Bearer.{token}")]
    url = f"ws://127.0.0.1:{server.port}/ws"
    async with websockets.connect(url, subprotocols=offered, proxy=None) as socket:
        yield socket


async def messages(socket: websockets.ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """Single messages, whether they came alone or in a batch."""
    async for text in socket:
        message = json.loads(text)
        for each in message["messages"] if message["type"] == "batch" else [message]:
            yield each


async def heard(socket: websockets.ClientConnection, **fields: str) -> dict[str, Any]:
    async with asyncio.timeout(HEARD_WITHIN_S):
        async for message in messages(socket):
            if fields.items() <= {k: v for k, v in message.items() if isinstance(v, str)}.items():
                return message
    raise AssertionError("the connection ended")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("wrong", "the access token is not valid or has expired"),
        ("mpk_wrong", "the API key is not valid"),
    ],
)
async def test_a_wrong_token_is_refused_with_a_clear_close(
    shared: Server, token: str, reason: str
) -> None:
    async with viewer(shared, token) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            async with asyncio.timeout(HEARD_WITHIN_S):
                await socket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == SIGN_IN
    assert caught.value.rcvd.reason == reason


async def test_a_viewer_sees_what_a_device_sends(shared: Server) -> None:
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    positions = drive(start, 12)
    tracker = Tracker(IMEI, PROTOCOL, shared.port_offset)
    tracker.unsent = [positions[:-1]]
    await tracker.send()
    async with shared.client() as client:
        vehicle_id = (await vehicle_path(client, IMEI)).rpartition("/")[2]
        token = client.headers["Authorization"].removeprefix("Bearer ")
    channel = f"vehicle:{vehicle_id}"
    async with viewer(shared, token) as socket:
        subscribe = {"type": "subscribe", "requestId": "1", "data": {"channel": channel}}
        await socket.send(json.dumps(subscribe))
        granted = await heard(socket, type="subscription_ack", requestId="1")
        assert granted["data"]["status"] == "subscribed"
        initial = await heard(socket, type="initial_data", requestId="1")
        (known,) = initial["data"]["vehicles"]
        assert known["vehicleId"] == vehicle_id
        assert milliseconds(known["timestamp"]) == positions[-2].fix_time_ms
        tracker.unsent = [positions[-1:]]
        await tracker.send()
        update = await heard(socket, type="event", event="telemetry_update", channel=channel)
    assert_shows(update, vehicle_id, positions[-1])


def assert_shows(update: dict[str, Any], vehicle_id: str, position: Any) -> None:
    assert isinstance(update["epoch"], str)
    assert isinstance(update["offset"], int)
    data = update["data"]
    assert data["vehicleId"] == vehicle_id
    assert milliseconds(data["timestamp"]) == position.fix_time_ms
    assert milliseconds(data["receivedTime"]) > position.fix_time_ms
    assert data["location"] == {"lat": position.latitude_deg, "lng": position.longitude_deg}
    assert data["speedKmh"] == position.speed_kmh
    assert data["courseDeg"] == position.course_deg
    assert data["altitudeM"] == position.altitude_m
    assert data["ignition"] is True
    assert data["state"] == "moving"
    assert milliseconds(data["stateSince"]) <= position.fix_time_ms
    assert "fuelLevelPct" not in data
