"""Who speaks for whom: the newer line wins, and a clash is told from a reconnect."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.gateway.admission import Admitted
from milepost.gateway.intake import Clash
from milepost.gateway.line_report import LineReport
from milepost.gateway.presence import (
    ALIVE_S,
    CLASH_EVENT_EVERY_S,
    CLASH_TAKEOVERS,
    CLASH_WINDOW_S,
    DATAGRAM_LINE_S,
    Loss,
    Presence,
    Visit,
)
from milepost.protocols import gt06, teltonika
from milepost.protocols.contract import DeviceProtocol
from tests.gateway.conftest import IMEI, NOW_MS, OpenGateway, connected, eventually, position
from tests.gateway.memory_ingest import MemoryIngest
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import TINY

HERE, THERE = "192.0.2.1", "192.0.2.2"
LOGIN = f"L,{IMEI}!\n".encode()


class MemoryLine:
    """A line that notes what is done with it."""

    def __init__(self, address: str, heard_s: float, *, lasting: bool = True) -> None:
        self.address = address
        self.heard_s = heard_s
        self.lasting = lasting
        self.protocol: DeviceProtocol = TINY
        self.token = b""
        self.said = LineReport()
        self.superseded = False

    def write(self, data: bytes) -> bool:
        return bool(data)

    def supersede(self, why: Loss) -> None:
        self.superseded = bool(why)


class Desk:
    """A presence with one device."""

    def __init__(self) -> None:
        self.presence = Presence()
        self.clashes: list[Clash] = []
        self.device = self.named("me")

    def named(self, unique_id: str) -> Admitted:
        return Admitted(
            unique_id,
            lenient=False,
            options={},
            registered_protocol="tiny",
            accept=lambda *_: None,
            clash=self.clashes.append,
            is_stale=lambda: False,
            device_id=UUID(int=7),
        )

    def claim(self, address: str, now_s: float, *, lasting: bool = True) -> MemoryLine:
        line = MemoryLine(address, now_s, lasting=lasting)
        self.presence.claim(self.device, line, now_s)
        return line


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_newer_connection_wins(desk: Desk) -> None:
    older, newer = desk.claim(HERE, 0), desk.claim(HERE, 60)
    assert (older.superseded, newer.superseded) == (True, False)
    assert desk.presence.line("me", 60) is newer
    desk.presence.release("me", older)
    assert desk.presence.line("me", 60) is newer
    desk.presence.release("me", newer)
    assert desk.presence.line("me", 60) is None


@pytest.mark.parametrize(
    ("address", "silence_s", "is_clash"),
    [
        (THERE, ALIVE_S, True),
        (THERE, ALIVE_S + 1, False),
        (HERE, 0, False),
    ],
)
def test_a_clash_needs_a_living_connection_elsewhere(
    address: str, silence_s: float, is_clash: bool, desk: Desk
) -> None:
    desk.claim(HERE, 100)
    desk.claim(address, 100 + silence_s)
    assert desk.clashes == ([Clash(HERE, THERE, 1)] if is_clash else [])


def test_connections_of_one_address_that_push_each_other_out_are_a_clash(desk: Desk) -> None:
    for number in range(CLASH_TAKEOVERS):
        desk.claim(HERE, float(number))
    assert desk.clashes == []
    desk.claim(HERE, float(CLASH_TAKEOVERS))
    assert desk.clashes == [Clash(HERE, HERE, CLASH_TAKEOVERS)]


def test_reconnects_now_and_then_are_none(desk: Desk) -> None:
    for number in range(20):
        line = desk.claim(HERE, number * CLASH_WINDOW_S / 2)
        line.heard_s += CLASH_WINDOW_S / 2
    assert desk.clashes == []


def test_two_that_fight_on_do_not_flood(desk: Desk) -> None:
    last_s = int(3 * CLASH_EVENT_EVERY_S)
    for second in range(0, last_s, 5):
        desk.claim((HERE, THERE)[second // 5 % 2], float(second))
    assert len(desk.clashes) == 3


def test_a_datagram_ends_no_connection_and_is_a_way_for_a_while(desk: Desk) -> None:
    connection = desk.claim(HERE, 0)
    datagram = desk.claim(THERE, 1, lasting=False)
    assert not connection.superseded
    assert desk.clashes == [Clash(HERE, THERE, 1)]
    assert desk.presence.line("me", 1) is connection
    desk.presence.release("me", connection)
    assert desk.presence.line("me", 1) is datagram
    assert desk.presence.line("me", 1 + DATAGRAM_LINE_S) is datagram
    assert desk.presence.line("me", 2 + DATAGRAM_LINE_S) is None


def test_datagrams_from_here_and_there_are_a_clash_when_they_go_on(desk: Desk) -> None:
    for second in range(10):
        desk.claim(HERE, float(second), lasting=False)
    desk.claim(THERE, 10, lasting=False)
    desk.claim(THERE, 11, lasting=False)
    assert desk.clashes == []
    for second in range(CLASH_TAKEOVERS - 1):
        desk.claim((HERE, THERE)[second % 2], 12.0 + second, lasting=False)
    assert len(desk.clashes) == 1


def test_old_datagrams_are_forgotten(desk: Desk) -> None:
    for number in range(100):
        now_s = number * DATAGRAM_LINE_S
        desk.presence.claim(desk.named(str(number)), MemoryLine(HERE, now_s, lasting=False), now_s)
    assert len(desk.presence._datagrams) <= 3


async def test_over_the_wire_the_newer_connection_wins(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(TINY) as gateway,
        connected(gateway.ports["tiny", "tcp"]) as older,
        connected(gateway.ports["tiny", "tcp"], address="127.0.0.2") as newer,
    ):
        await older.send(LOGIN + b"P,1!\n")
        assert await older.receive(6) == b"+L\n+P\n"
        await newer.send(LOGIN)
        assert await newer.receive(3) == b"+L\n"
        assert await older.rest() == b""
        await newer.send(b"P,2!\n")
        assert await newer.receive(3) == b"+P\n"
    assert ingest.clashes == [(IMEI, Clash("127.0.0.1", "127.0.0.2", 1))]
    assert len(ingest.stored) == 2
    assert oddities(registry, "replaced") == 1
    assert oddities(registry, "identity_clash") == 1


async def test_over_the_wire_a_reconnect_is_no_clash(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(TINY) as gateway,
        connected(gateway.ports["tiny", "tcp"]) as older,
        connected(gateway.ports["tiny", "tcp"]) as newer,
    ):
        for peer in (older, newer):
            await peer.send(LOGIN)
            assert await peer.receive(3) == b"+L\n"
        assert await older.rest() == b""
    assert ingest.clashes == []


async def test_a_datagram_from_elsewhere_is_a_clash_and_the_connection_stays(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(TINY) as gateway,
        connected(gateway.ports["tiny", "tcp"], address="127.0.0.2") as peer,
        client_of(gateway.ports["tiny", "udp"]) as client,
    ):
        await peer.send(LOGIN)
        assert await peer.receive(3) == b"+L\n"
        client.send(f"P,1,{IMEI}!\n".encode())
        assert await client.answer() == b"+P\n"
        await peer.send(b"P,2!\n")
        assert await peer.receive(3) == b"+P\n"
    assert ingest.clashes == [(IMEI, Clash("127.0.0.2", "127.0.0.1", 1))]


async def test_a_device_that_switches_protocol_loses_nothing_acknowledged(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    encoder = teltonika.PROTOCOL.encoder()
    other = gt06.PROTOCOL.encoder().positions(IMEI, [position(2)])
    with capture_logs() as logs:
        async with (
            open_at_free_ports(teltonika.PROTOCOL) as gateway,
            connected(gateway.ports["teltonika", "tcp"]) as peer,
        ):
            await peer.send(encoder.login(IMEI))
            assert await peer.receive(1) == b"\x01"
            await peer.send(encoder.positions(IMEI, [position(1)]))
            assert await peer.receive(4) == b"\0\0\0\1"
            await peer.send(other)
            assert await peer.rest() == b""
    assert [row.position.fix_time_ms for row in ingest.stored] == [NOW_MS + 1000]
    (line,) = [each for each in logs if each["event"] == "gateway.bad_frame"]
    assert line["protocol"] == "teltonika"
    assert line["device"] == IMEI
    assert "teltonika" in line["detail"]


async def test_a_protocol_that_finds_its_next_frame_is_switched_from_too(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    encoder = gt06.PROTOCOL.encoder()
    other = teltonika.PROTOCOL.encoder().positions(IMEI, [position(2)])
    async with (
        open_at_free_ports(gt06.PROTOCOL) as gateway,
        connected(gateway.ports["gt06", "tcp"]) as peer,
    ):
        await peer.send(encoder.login(IMEI))
        assert len(await peer.receive(10)) == 10
        closed = asyncio.create_task(peer.rest())
        while not closed.done():
            peer.writer.write(other)
            await asyncio.sleep(0.005)
        assert await closed == b""
    assert ingest.stored == []


async def test_a_device_on_the_port_of_another_protocol_is_let_in_and_noted(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    ingest.registered[IMEI] = "gt06"
    with capture_logs() as logs:
        async with (
            open_at_free_ports(TINY) as gateway,
            connected(gateway.ports["tiny", "tcp"]) as peer,
            client_of(gateway.ports["tiny", "udp"]) as client,
        ):
            await peer.send(LOGIN + b"P,1!\n")
            assert await peer.receive(6) == b"+L\n+P\n"
            client.send(f"P,2,{IMEI}!\n".encode())
            assert await client.answer() == b"+P\n"
    lines = [each for each in logs if each["event"] == "gateway.other_protocol"]
    assert [each["detail"] for each in lines] == ["it is registered for gt06"] * 2
    assert oddities(registry, "other_protocol") == 1
    assert oddities(registry, "other_protocol", "udp") == 1


async def test_of_two_that_share_a_connection_the_other_goes_on_when_one_is_taken(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    ingest.known.add("tag")
    async with (
        open_at_free_ports(TINY) as gateway,
        connected(gateway.ports["tiny", "tcp"]) as shared,
        connected(gateway.ports["tiny", "tcp"]) as own,
    ):
        await shared.send(LOGIN + b"P,1,tag!\n")
        assert await shared.receive(6) == b"+L\n+P\n"
        await own.send(b"L,tag!\n")
        assert await own.receive(3) == b"+L\n"
        await shared.send(b"P,2!\n")
        assert await shared.receive(3) == b"+P\n"
        await eventually(lambda: len(ingest.stored) == 2)


def oddities(registry: CollectorRegistry, reason: str, transport: str = "tcp") -> float | None:
    labels = {"protocol": "tiny", "transport": transport, "reason": reason}
    return registry.get_sample_value("milepost_gateway_oddities_total", labels)


def test_a_request_ends_no_connection_and_is_a_clash(desk: Desk) -> None:
    connection = desk.claim(HERE, 0)
    takeover = desk.presence.visit(desk.device, Visit(THERE, 1))
    assert takeover is not None
    assert takeover.is_clash
    assert not connection.superseded
    assert desk.presence.line("me", 1) is connection
    assert desk.clashes == [Clash(HERE, THERE, 1)]


@pytest.mark.parametrize(("address", "silence_s"), [(HERE, 1), (THERE, ALIVE_S + 1)])
def test_a_request_from_the_same_address_or_long_after_is_none(
    desk: Desk, address: str, silence_s: float
) -> None:
    desk.claim(HERE, 0)
    desk.presence.visit(desk.device, Visit(address, silence_s))
    assert desk.clashes == []


def test_a_request_is_no_way_to_the_device(desk: Desk) -> None:
    desk.presence.visit(desk.device, Visit(HERE, 0))
    assert desk.presence.line("me", 0) is None


def test_requests_from_here_and_there_are_a_clash_when_they_go_on(desk: Desk) -> None:
    for second in range(2 * CLASH_TAKEOVERS):
        desk.presence.visit(desk.device, Visit((HERE, THERE)[second % 2], float(second)))
    assert len(desk.clashes) == 1


async def test_over_the_wire_a_request_from_elsewhere_is_a_clash(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    both = msgspec.structs.replace(TINY, transports=("tcp", "http"))
    body = f"P,1,{IMEI}!\n".encode()
    head = b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with (
        open_at_free_ports(both) as gateway,
        connected(gateway.ports["tiny", "tcp"], address="127.0.0.2") as peer,
        connected(gateway.ports["tiny", "http"]) as other,
    ):
        await peer.send(LOGIN)
        assert await peer.receive(3) == b"+L\n"
        await other.send(head + body)
        assert (await other.receive(12)) == b"HTTP/1.1 200"
        await peer.send(b"P,2!\n")
        assert await peer.receive(3) == b"+P\n"
    assert ingest.clashes == [(IMEI, Clash("127.0.0.2", "127.0.0.1", 1))]
    assert oddities(registry, "identity_clash", "http") == 1
