"""An engine is stopped on the word of the line that carries the command, and on no other.

The vehicle drives; somebody who knows its identity says that it stands.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from milepost.domain.command import EngineStop, PositionNow
from milepost.domain.scope import Scope
from milepost.errors import VehicleMoving
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.command_turn import HELD_DATAGRAM, HELD_MOVING, HELD_UNKNOWN
from tests.gateway.conftest import Peer, connected, eventually
from tests.gateway.office import ANSWER_WITHIN_S, Office, open_office
from tests.gateway.test_commands import log_in, report, settled, told, untold
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import START_MS, TINY
from tests.workers.rig import Rig, make_rig

EVERYWHERE = msgspec.structs.replace(TINY, transports=("tcp", "udp", "http"))


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def office(rig: Rig) -> AsyncIterator[Office]:
    async with open_office(rig, EVERYWHERE) as opened:
        yield opened


def fix(office: Office, speed_kmh: float, *, after_s: float = 0.0, end: str = "!") -> bytes:
    """A position of this moment, or of so many seconds later."""
    second = (office.clock.now_ms - START_MS) / 1000 + after_s
    return f"P,{second},{office.rig.unique_id},{speed_kmh}{end}\n".encode()


async def request(office: Office, speed_kmh: float) -> None:
    """A stranger's HTTP request."""
    async with httpx.AsyncClient() as client:
        address = f"http://127.0.0.1:{office.port('http')}/"
        answer = await client.post(address, content=fix(office, speed_kmh))
        assert answer.status_code == httpx.codes.OK


async def datagram(office: Office, speed_kmh: float) -> None:
    """A datagram, whose sender could be anybody."""
    async with client_of(office.port("udp")) as client:
        client.send(fix(office, speed_kmh))
        assert await client.answer() == b"+P\n"


async def send(office: Office, peer: Peer, data: bytes) -> None:
    await peer.send(data)
    assert await peer.receive(3) == b"+P\n"
    await settled(office)


@asynccontextmanager
async def driving(office: Office) -> AsyncIterator[Peer]:
    """The tracker of a vehicle at 90 km/h, whose last fix is too old when the stop is asked for."""
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 90)
        assert await peer.receive(3) == b"+P\n"
        office.clock.advance(301)
        yield peer


@pytest.mark.parametrize("tell", [request, datagram])
async def test_a_report_at_another_port_releases_nothing(office: Office, tell: object) -> None:
    assert callable(tell)
    async with driving(office) as peer:
        command = await office.ask(EngineStop())
        assert await office.is_held(command) == HELD_UNKNOWN
        await tell(office, 0)
        assert await untold(office, peer)
        assert await office.states(command) == ["pending"]
        await peer.send(fix(office, 90, after_s=1))
        assert await untold(office, peer)
        await peer.send(fix(office, 0, after_s=2))
        assert await told(peer) == "C,1,stop"


async def test_a_report_at_another_port_does_not_hide_that_the_line_moves(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 90)
        office.clock.advance(10)
        await request(office, 0)
        await office.processor.settle()
        with pytest.raises(VehicleMoving, match="90 km/h"):
            await office.ask(EngineStop())


async def test_a_report_that_the_vehicle_moves_holds_a_stop_back_wherever_it_came_from(
    office: Office,
) -> None:
    async with driving(office) as peer:
        command = await office.ask(EngineStop())
        await request(office, 90)
        await peer.send(fix(office, 0, after_s=-1))
        assert await untold(office, peer)
        assert (await office.run(command)).reason == HELD_MOVING


@pytest.mark.parametrize(
    ("after_s", "speed_kmh", "end"),
    [
        (-400, 0, "!"),  # buffered
        (-302, 0, "!"),  # older than what the line has said already
        (3600, 0, "!"),  # the tracker's clock is wrong
        (0, 0, "?"),  # the checksum is wrong, and the device lenient
    ],
)
async def test_a_fix_that_is_not_believed_releases_nothing(
    office: Office, after_s: float, speed_kmh: float, end: str
) -> None:
    await office.change_device(lenient=True)
    async with driving(office) as peer:
        command = await office.ask(EngineStop())
        await send(office, peer, fix(office, speed_kmh, after_s=after_s, end=end))
        assert await untold(office, peer)
        assert await office.states(command) == ["pending"]


async def test_whoever_takes_the_connection_over_gets_the_command_and_the_vehicle_does_not(
    office: Office,
) -> None:
    """Until the tracker comes back, and says itself that it stands."""
    async with driving(office) as peer:
        command = await office.ask(EngineStop())
        async with connected(office.port(), address="127.0.0.2") as forger:
            await log_in(office, forger)
            assert await peer.rest() == b""
            await forger.send(fix(office, 0))
            assert await told(forger) == "C,1,stop"
            await office.reaches(command, "sent")
            async with connected(office.port()) as back:
                await log_in(office, back)
                assert b"C" not in await forger.rest()
                office.clock.advance(ANSWER_WITHIN_S)
                await back.send(fix(office, 90))
                await office.reaches(command, "pending")
                assert await untold(office, back)
                await back.send(fix(office, 0, after_s=1))
                assert await told(back) == "C,1,stop"


async def test_a_new_connection_begins_with_nothing_said(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 0)
    await eventually(lambda: office.presence.line(office.rig.unique_id, 0.0) is None)
    command = await office.ask(EngineStop())
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert await office.is_held(command) == HELD_UNKNOWN
        assert await untold(office, peer)


async def test_an_engine_stop_is_no_datagram_unless_that_was_said(office: Office) -> None:
    async with client_of(office.port("udp")) as client:
        client.send(fix(office, 0))
        assert await client.answer() == b"+P\n"
        command = await office.ask(EngineStop())
        assert await office.is_held(command) == HELD_DATAGRAM
        other = await office.ask(PositionNow())
        assert await client.answer() == b"C,2,where\n", "other commands go the way they came"
        await office.reaches(other, "sent")
    assert await office.states(command) == ["pending"]


@pytest.mark.parametrize(
    ("networks", "speed_kmh", "is_told"),
    [
        (["127.0.0.0/8"], 0, True),
        (["127.0.0.0/8"], 90, False),
        ([], 0, False),
    ],
)
async def test_datagrams_from_allowed_networks_count_where_that_was_said(
    office: Office, networks: list[str], speed_kmh: float, is_told: bool
) -> None:
    await office.change_device(trust_datagrams=True, allowed_networks=networks)
    async with client_of(office.port("udp")) as client:
        client.send(fix(office, speed_kmh))
        assert await client.answer() == b"+P\n"
        command = await office.ask(EngineStop()) if speed_kmh == 0 else None
        if is_told:
            assert await client.answer() == b"C,1,stop\n"
        elif command is not None:
            assert await office.is_held(command) == HELD_DATAGRAM
        else:
            with pytest.raises(VehicleMoving):
                await office.processor.settle()
                await office.ask(EngineStop())


async def test_a_datagram_releases_nothing_to_a_connection_even_where_datagrams_count(
    office: Office,
) -> None:
    await office.change_device(trust_datagrams=True, allowed_networks=["127.0.0.0/8"])
    async with driving(office) as peer:
        await office.ask(EngineStop())
        await datagram(office, 0)
        assert await untold(office, peer)
