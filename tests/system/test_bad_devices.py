"""Devices that lie, stammer or are nobody's: each gets what it deserves, and the others go on."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from milepost import protocols
from milepost.domain.position import Position
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.gt06 import PROTOCOL as GT06
from milepost.protocols.h02 import PROTOCOL as H02
from milepost.protocols.teltonika import PROTOCOL as TELTONIKA
from milepost.registry import discover
from tests.system import waiting
from tests.system.conclusions import stored_fixes
from tests.system.devices import Tracker, connection, drive, packets_of
from tests.system.server import Server, items, milliseconds, span, vehicle_path

PROTOCOLS = discover(protocols, "PROTOCOL", DeviceProtocol)
YEAR_MS = 365 * 24 * 3_600_000
HOUR = timedelta(hours=1)
PORTS = sorted(
    (protocol.name, transport)
    for protocol in PROTOCOLS.values()
    for transport in protocol.transports
    if protocol.port is not None and transport != "mqtt"
)


@pytest.fixture
def start() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - HOUR


@pytest.fixture
async def client(shared: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with shared.client() as client:
        yield client


async def send(server: Server, unique_id: str, *packets: list[Position]) -> Tracker:
    tracker = Tracker(unique_id, TELTONIKA, server.port_offset)
    tracker.unsent = list(packets)
    await tracker.send()
    return tracker


async def last_position(client: httpx.AsyncClient, path: str) -> tuple[int, float] | None:
    found = (await client.get(path)).json()["lastPosition"]
    return found and (milliseconds(found["fixTime"]), found["longitudeDeg"])


async def test_a_clock_a_year_ahead_is_answered_put_aside_and_logged(
    shared: Server, client: httpx.AsyncClient, start: datetime
) -> None:
    imei = "350000000000401"
    good = drive(start, 12)
    ahead = [msgspec.structs.replace(p, fix_time_ms=p.fix_time_ms + YEAR_MS) for p in good]
    tracker = await send(shared, imei, good[:4], ahead, [*good[4:8], *ahead[4:8]], good[8:])
    assert len(tracker.acknowledged) == 28
    path = await vehicle_path(client, imei)
    period = span(start - HOUR, start + timedelta(days=800))
    sent = [position.fix_time_ms for position in good]
    assert await stored_fixes(client, path, period) == sent
    await waiting.equals(lambda: last_position(client, path), (sent[-1], good[-1].longitude_deg))
    assert shared.logged("positions.of_a_wrong_clock", device=imei, fix_time_ms=sent[-1] + YEAR_MS)


async def test_a_clock_beyond_all_calendars_harms_nobody(
    shared: Server, client: httpx.AsyncClient, start: datetime
) -> None:
    imei = "350000000000402"
    good = drive(start, 4)
    beyond = msgspec.structs.replace(good[0], fix_time_ms=2**63 + 5)
    serving = shared.serve_process()
    with suppress(OSError, asyncio.IncompleteReadError):
        await send(shared, imei, [beyond])
    await send(shared, imei, good)
    path = await vehicle_path(client, imei)
    sent = [position.fix_time_ms for position in good]
    assert await stored_fixes(client, path, span(start - HOUR, start + HOUR)) == sent
    assert shared.serve_process() == serving


async def test_impossible_coordinates_are_kept_and_not_believed(
    shared: Server, client: httpx.AsyncClient, start: datetime
) -> None:
    imei = "350000000000403"
    good = drive(start, 12)
    # The first is beyond the globe: the codec keeps the report without its place.
    places = {5: (95.0, 190.0), 6: (0.001, 0.001), 7: (-33.9, 151.2)}
    sent = list(good)
    for index, (latitude_deg, longitude_deg) in places.items():
        sent[index] = msgspec.structs.replace(
            good[index], latitude_deg=latitude_deg, longitude_deg=longitude_deg
        )
    await send(shared, imei, *packets_of(sent, 3))
    path = await vehicle_path(client, imei)
    period = span(start - HOUR, start + HOUR)

    async def reasons() -> list[str]:
        events = await items(client, f"{path}/events", **period)
        return sorted(e["detail"]["reason"] for e in events if e["kind"] == "position_rejected")

    await waiting.equals(reasons, ["jump", "null_island"])
    assert len(await stored_fixes(client, path, period)) == len(sent)

    async def location() -> object:
        return (await client.get(path)).json()["lastLocation"]

    newest = {"lat": good[-1].latitude_deg, "lng": good[-1].longitude_deg}
    await waiting.equals(location, newest)


@pytest.mark.parametrize(("name", "transport"), PORTS)
async def test_after_garbage_a_port_still_serves(
    shared: Server, client: httpx.AsyncClient, start: datetime, name: str, transport: str
) -> None:
    protocol = PROTOCOLS[name]
    serving = shared.serve_process()
    await send_garbage(shared, protocol, transport)
    if protocol.encoder is None:
        # Nobody can play such a device; that the server lives must do.
        assert await shared.readiness() == httpx.codes.OK
        assert shared.serve_process() == serving
        return
    imei = f"3500000000005{PORTS.index((name, transport)):02d}"
    positions = drive(start, 6)
    await deliver(shared, protocol, transport, imei, positions)

    async def stored() -> list[int]:
        path = await vehicle_path(client, imei)
        return await stored_fixes(client, path, span(start - HOUR, start + HOUR))

    async def registered() -> bool:
        return imei in [each["name"] for each in await items(client, "/vehicles")]

    await waiting.equals(registered, expected=True)
    await waiting.equals(stored, [position.fix_time_ms for position in positions])
    assert shared.serve_process() == serving


async def send_garbage(server: Server, protocol: DeviceProtocol, transport: str) -> None:
    assert protocol.port is not None
    port = protocol.port + server.port_offset
    noise = random.Random(42)
    for size in (1, 7, 300, 70_000):
        if transport == "udp":
            with socket.socket(type=socket.SOCK_DGRAM) as sender:
                sender.sendto(noise.randbytes(min(size, 1400)), ("127.0.0.1", port))
            continue
        async with connection(port) as (_, writer):
            with suppress(OSError):
                writer.write(noise.randbytes(size))
                await writer.drain()


async def deliver(
    server: Server,
    protocol: DeviceProtocol,
    transport: str,
    imei: str,
    positions: list[Position],
) -> None:
    """Send as a healthy device of the protocol does."""
    assert protocol.port is not None
    port = protocol.port + server.port_offset
    if transport == "http":
        await deliver_http(protocol, port, imei, positions)
    elif transport == "udp":
        await deliver_udp(protocol, port, imei, positions)
    elif protocol in (TELTONIKA, GT06):
        tracker = Tracker(imei, protocol, server.port_offset)
        tracker.unsent = [[position] for position in positions]
        await tracker.send()
    else:
        assert protocol.encoder is not None
        async with connection(port) as (_, writer):
            writer.write(protocol.encoder().positions(imei, positions))
            await writer.drain()


async def deliver_udp(
    protocol: DeviceProtocol, port: int, imei: str, positions: list[Position]
) -> None:
    if protocol is TELTONIKA:
        datagrams = teltonika_datagrams(imei, positions)
    else:
        assert protocol is H02
        assert protocol.encoder is not None
        datagrams = [protocol.encoder().positions(imei, [position]) for position in positions]
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))


def teltonika_datagrams(imei: str, positions: list[Position]) -> list[bytes]:
    """UDP channel packets: length, packet id, 01, AVL packet id, IMEI, and a TCP frame's data."""
    assert TELTONIKA.encoder is not None
    encoder = TELTONIKA.encoder()
    datagrams = []
    for number, position in enumerate(positions):
        data = encoder.positions(imei, [position])[8:-4]
        name = imei.encode()
        body = b"\xca\xfe\x01" + bytes([number]) + len(name).to_bytes(2, "big") + name + data
        datagrams.append(len(body).to_bytes(2, "big") + body)
    return datagrams


async def deliver_http(
    protocol: DeviceProtocol, port: int, imei: str, positions: list[Position]
) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as device:
        for position in positions:
            if protocol.name == "osmand":
                answer = await device.post("/", params=osmand_query(imei, position))
            else:
                answer = await device.post("/", json=owntracks_report(imei, position))
            assert answer.is_success, answer.text


def osmand_query(imei: str, position: Position) -> dict[str, str | float | None]:
    return {
        "id": imei,
        "timestamp": position.fix_time_ms,
        "lat": position.latitude_deg,
        "lon": position.longitude_deg,
    }


def owntracks_report(imei: str, position: Position) -> dict[str, str | float | None]:
    return {
        "_type": "location",
        "topic": f"owntracks/fleet/{imei}",
        "tid": imei,
        "tst": position.fix_time_ms // 1000,
        "lat": position.latitude_deg,
        "lon": position.longitude_deg,
    }


async def test_an_unknown_device_is_refused_listed_adopted_and_then_served(
    shared: Server, client: httpx.AsyncClient, start: datetime
) -> None:
    imei = "860000000000001"
    positions = drive(start, 6)
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await send(shared, imei, positions)
    (unknown,) = [d for d in await items(client, "/devices/unknown") if d["uniqueId"] == imei]
    assert unknown["protocol"] == "teltonika"
    assert unknown["attempts"] == 1
    adopted = await client.post(f"/devices/unknown/{imei}/adopt", json={"vehicleName": "Adopted"})
    assert adopted.is_success, adopted.text
    await send(shared, imei, positions)
    path = await vehicle_path(client, "Adopted")
    sent = [position.fix_time_ms for position in positions]
    assert await stored_fixes(client, path, span(start - HOUR, start + HOUR)) == sent
    waiting_ones = await items(client, "/devices/unknown")
    assert imei not in [each["uniqueId"] for each in waiting_ones]
