"""Values that no engine can hold, over real ports: the frame pays for them, and nobody else.

The same process serves from the first to the last of them, and another device's positions are
acknowledged on one connection all the while.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from milepost import protocols
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.teltonika import PROTOCOL as TELTONIKA
from milepost.registry import discover
from tests.protocols.vectors import FOLDER
from tests.system import waiting
from tests.system.devices import Tracker, connection, drive
from tests.system.server import Server, items, span, vehicle_path

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
HOUR = timedelta(hours=1)
OSMAND, OWNTRACKS, SUNTECH, WIALON, ULBOTECH = 5055, 5144, 5011, 5039, 5072
FAR = ("2000-01-01T00:00:00+00:00", "2299-12-31T00:00:00+00:00")


@pytest.fixture
async def client(shared: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with shared.client() as client:
        yield client


@asynccontextmanager
async def unharmed(server: Server, imei: str) -> AsyncIterator[None]:
    """The same process before and after, and one connection of another device served throughout."""
    serving = server.serve_process()
    bystander = Tracker(imei, TELTONIKA, server.port_offset, pause_s=0.05)
    start = datetime.now(UTC).replace(microsecond=0) - HOUR
    positions = drive(start, 2_000, step_s=1)
    bystander.unsent = [[position] for position in positions]
    driving = asyncio.create_task(bystander.send())
    await _acknowledged_more(bystander, driving, 2)
    yield
    # Twice: whatever a worker had under way when it was hit has ended by the second.
    await _acknowledged_more(bystander, driving, 3)
    await _acknowledged_more(bystander, driving, 3)
    driving.cancel()
    assert bystander.connections == 1
    assert server.serve_process() == serving
    assert await server.readiness() == httpx.codes.OK


async def _acknowledged_more(bystander: Tracker, driving: "asyncio.Task[None]", count: int) -> None:
    more = asyncio.create_task(bystander.acknowledged_more(count))
    async with asyncio.timeout(60):
        await asyncio.wait({more, driving}, return_when=asyncio.FIRST_COMPLETED)
    assert more.done(), driving.exception()


def device_port(server: Server, port: int) -> int:
    return port + server.port_offset


async def get(server: Server, query: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as device:
        return await device.get(f"http://127.0.0.1:{device_port(server, OSMAND)}/?{query}")


async def post(server: Server, port: int, body: bytes) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as device:
        url = f"http://127.0.0.1:{device_port(server, port)}/"
        return await device.post(url, content=body, headers={"content-type": "application/json"})


async def send_stream(server: Server, port: int, data: bytes) -> bytes:
    """What comes back until the server ends the connection, or is silent for a while."""
    answer = b""
    async with connection(device_port(server, port)) as (reader, writer):
        writer.write(data)
        await writer.drain()
        try:
            async with asyncio.timeout(5):
                while more := await reader.read(4096):
                    answer += more
        except TimeoutError:
            pass
    return answer


def send_datagram(server: Server, port: int, data: bytes) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(data, ("127.0.0.1", device_port(server, port)))


async def stored(client: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    """What a vehicle has, oldest first, once there is any."""

    async def is_there() -> bool:
        return name in [each["name"] for each in await items(client, "/vehicles")]

    await waiting.equals(is_there, expected=True)
    path = await vehicle_path(client, name)
    period = span(*map(datetime.fromisoformat, FAR))
    return await items(client, f"{path}/positions", **period)


IDENTITIES = {
    "nul": "%00",
    "nul inside": "35%00",
    "line end": "35%0A",
    "escape": "%1B[31m",
    "half surrogate": "%ED%A0%80",
    "right to left": "%E2%80%AE35",
    "blank": "%20",
    "endless": "3" * 5_000,
}


@pytest.mark.parametrize("kind", IDENTITIES)
async def test_an_identity_that_no_device_can_have_is_refused_over_http(
    shared: Server, kind: str
) -> None:
    async with unharmed(shared, "350000000000601"):
        answer = await get(shared, f"id={IDENTITIES[kind]}&lat=1&lon=1")
        assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text


@pytest.mark.parametrize("identity", ("\\u0000", "a\\u0000b", "\\ud800", "a\\nb", "\\u202e"))
async def test_an_identity_in_json_is_refused(shared: Server, identity: str) -> None:
    location = (
        '"location":{"timestamp":"2026-01-01T00:00:00Z","coords":{"latitude":1,"longitude":1}}'
    )
    osmand = f'{{"device_id":"{identity}",{location}}}'.encode()
    topic = f'"topic":"owntracks/me/{identity}","tid":"{identity}"'
    owntracks = f'{{"_type":"location","tst":1767225600,"lat":1,"lon":1,{topic}}}'.encode()
    async with unharmed(shared, "350000000000602"):
        for port, body in ((OSMAND, osmand), (OWNTRACKS, owntracks)):
            answer = await post(shared, port, body)
            assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text


async def test_a_datagram_of_nobody_ends_nothing(shared: Server) -> None:
    report = (
        b"ST910;Location;205576\x00803;500;20170312;12:56:52;-22.846014;-046.322176;"
        b"000.000;000.00;0;3.8;0;0;0019"
    )
    async with unharmed(shared, "350000000000603"):
        for _ in range(3):
            send_datagram(shared, SUNTECH, report)
        await waiting.until(
            lambda: shared.logged("gateway.bad_frame", protocol="suntech", transport="udp")
        )


@pytest.mark.parametrize("identity", (b"\x00", b"35\x00", b"\xed\xa0\x80", b"3" * 500))
async def test_a_login_of_nobody_ends_its_connection_only(shared: Server, identity: bytes) -> None:
    async with unharmed(shared, "350000000000604"):
        answer = await send_stream(shared, WIALON, b"#L#" + identity + b";NA\r\n")
        assert answer != b"#AL#1\r\n"


async def test_a_brake_switch_of_the_bus_is_stored_as_one(
    shared: Server, client: httpx.AsyncClient
) -> None:
    frame = bytes.fromhex(
        "f80101035158105327808080ab2e3f010e015ee4c906bde45c00000000008b0304004000000404002c77600506"
        "0373193622110b00240b00fee8ffff807dffff606d0b00fef1af000000af0000000b00feee7d78807dffffffff"
        "1001015905f8"
    )
    async with unharmed(shared, "350000000000605"):
        await send_stream(shared, ULBOTECH, frame)
        (position,) = await stored(client, "351581053278080")
    assert position["brakePedal"] is False


async def test_satellites_beyond_32_bits_cost_only_themselves(
    shared: Server, client: httpx.AsyncClient
) -> None:
    imei = "350000000000606"
    report = b"#D#270413;205601;5544.6025;N;03739.6834;E;1;2;3;15321000000;0.0;0;0;;NA;NA\r\n"
    async with unharmed(shared, "350000000000607"):
        answer = await send_stream(shared, WIALON, b"#L#%s;NA\r\n%s" % (imei.encode(), report))
        assert answer.endswith(b"#AD#1\r\n")
        (position,) = await stored(client, imei)
    assert "satellites" not in position
    assert position["latitudeDeg"] == pytest.approx(55.743375)
    assert position["attributes"]["refused:satellites"] == "15321000000"
    async with httpx.AsyncClient() as anybody:
        metrics = (await anybody.get(f"http://127.0.0.1:{shared.ops_port}/metrics")).text
    counted = 'milepost_gateway_refused_values_total{field="satellites",protocol="wialon"}'
    assert f"{counted} 1.0" in metrics


REFUSED = [
    json.loads(line) for line in (FOLDER / "refused.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("record", REFUSED, ids=lambda each: f"{each['protocol']}-{each['field']}")
async def test_a_number_that_cannot_be_costs_only_itself(
    shared: Server, client: httpx.AsyncClient, record: dict[str, str]
) -> None:
    """Captured frames with one number changed."""
    name = f"{record['protocol']} {record['field']}"
    protocol = PROTOCOLS[record["protocol"]]
    assert protocol.port is not None
    vehicle = (await client.post("/vehicles", json={"name": name})).json()
    device = {"protocol": protocol.name, "vehicleId": vehicle["id"]}
    known = [d for d in await items(client, "/devices") if d["uniqueId"] == record["identity"]]
    if known:
        await client.patch(f"/devices/{known[0]['id']}", json={"vehicleId": vehicle["id"]})
    else:
        made = await client.post("/devices", json=device | {"uniqueId": record["identity"]})
        assert made.is_success, made.text
    async with unharmed(shared, "350000000000616"):
        await send_stream(shared, protocol.port, bytes.fromhex(record["input"]))

        async def notes() -> bool:
            found = await stored(client, name)
            return any(f"refused:{record['field']}" in each["attributes"] for each in found)

        await waiting.equals(notes, expected=True)
    (position, *_) = await stored(client, name)
    assert position["latitudeDeg"] is not None


NUMBERS = {
    "fuelUsed": ("1e20", "fuelUsedL", "refused:fuel_used_l"),
    "odometer": ("1e300", "odometerM", "refused:odometer_m"),
    "rpm": ("-1", "engineRpm", "refused:engine_rpm"),
    "speed": ("1e9", "speedKmh", "refused:speed_kmh"),
    "altitude": ("1e9", "altitudeM", "refused:altitude_m"),
    "hdop": ("1e99", "hdop", "refused:hdop"),
}


async def test_numbers_over_http_cost_only_themselves(
    shared: Server, client: httpx.AsyncClient
) -> None:
    imei = "350000000000608"
    start_ms = int((datetime.now(UTC) - HOUR).timestamp() * 1000) // 1000 * 1000
    refused = 0
    async with unharmed(shared, "350000000000609"):
        for number, (name, (value, _, _)) in enumerate(NUMBERS.items()):
            query = f"id={imei}&timestamp={start_ms + 1000 * number}&lat=52&lon=13&{name}={value}"
            answer = await get(shared, query)
            assert answer.status_code in (httpx.codes.OK, httpx.codes.BAD_REQUEST), answer.text
            refused += answer.status_code == httpx.codes.BAD_REQUEST
        positions = await stored(client, imei)
    assert len(positions) == len(NUMBERS) - refused
    assert all(position["latitudeDeg"] == 52 for position in positions)
    for position in positions:
        kept = [name for name in position["attributes"] if name.startswith("refused:")]
        for field, note in [(f, n) for _, f, n in NUMBERS.values() if n in kept]:
            assert field not in position, note
    assert any("refused:fuel_used_l" in position["attributes"] for position in positions)


async def test_fuel_beyond_all_tanks_stops_nobodys_trips(
    shared: Server, client: httpx.AsyncClient
) -> None:
    """The day's totals are decimals of 18 digits: 1e20 stopped the totals of all tenants."""
    poisoned, other = "350000000000610", "350000000000611"
    start = datetime.now(UTC).replace(microsecond=0) - HOUR
    for query in ("fuelUsed=1", "fuelUsed=1e20"):
        answer = await get(shared, f"id={poisoned}&lat=52&lon=13&{query}")
        assert answer.status_code == httpx.codes.OK
    tracker = Tracker(other, TELTONIKA, shared.port_offset)
    tracker.unsent = [drive(start, 60)]
    await tracker.send()
    path = await vehicle_path(client, other)

    async def driven() -> bool:
        return bool(await items(client, f"{path}/trips", **span(start - HOUR, start + HOUR)))

    await waiting.equals(driven, expected=True)


@pytest.mark.parametrize(("number", "time_ms"), ((1, 2**62), (2, 2**41 * 100), (3, -(2**40))))
async def test_a_time_that_no_engine_holds_is_put_aside(
    shared: Server, client: httpx.AsyncClient, number: int, time_ms: int
) -> None:
    """Teltonika writes 64 bits of milliseconds: what no calendar has is stored, and never shown."""
    imei = f"35000000000062{number}"
    start = datetime.now(UTC).replace(microsecond=0) - HOUR
    good = drive(start, 2)
    beyond = msgspec.structs.replace(good[0], fix_time_ms=time_ms % 2**64)
    async with unharmed(shared, "350000000000613"):
        tracker = Tracker(imei, TELTONIKA, shared.port_offset)
        tracker.unsent = [[beyond]]
        try:
            await tracker.send()
        except (OSError, asyncio.IncompleteReadError):
            tracker.unsent = []
        tracker.unsent = [good]
        await tracker.send()
    path = await vehicle_path(client, imei)
    found = await items(client, f"{path}/positions", **span(start - HOUR, start + HOUR))
    assert len(found) == 2


async def test_texts_of_a_device_reach_no_engine_with_a_nul(
    shared: Server, client: httpx.AsyncClient
) -> None:
    imei = "350000000000614"
    body = {
        "device_id": imei,
        "location": {
            "timestamp": (datetime.now(UTC) - HOUR).isoformat(),
            "coords": {"latitude": 52.0, "longitude": 13.0},
            "extras": {"no\0te": "a\0b", "long": "x" * 50_000},
            "event": "mo\0tion",
        },
    }
    async with unharmed(shared, "350000000000615"):
        answer = await post(shared, OSMAND, json.dumps(body).encode())
        assert answer.status_code == httpx.codes.OK, answer.text
        (position,) = await stored(client, imei)
    assert "\0" not in json.dumps(position, ensure_ascii=False)
    assert position["latitudeDeg"] == 52
