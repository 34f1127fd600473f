"""Commands reach devices over real sockets: once, in order, and only while they still hold."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, update

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.domain.command_run import MAX_ATTEMPTS, SWITCHING_LIFETIME
from milepost.domain.position import Position
from milepost.domain.revocation import Credential
from milepost.domain.scope import Scope
from milepost.errors import Conflict, InvalidInput, VehicleMoving
from milepost.features.devices.tables import devices
from milepost.features.vehicles.tables import vehicles
from milepost.live.channels import parse_channel
from milepost.live.topics import Audience
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.command_turn import HELD_DISABLED, HELD_MOVING, HELD_UNKNOWN, MOVED_AWAY
from tests.gateway.conftest import Peer, connected, eventually
from tests.gateway.office import ANSWER_WITHIN_S, Office, open_office
from tests.gateway.test_presence import MemoryLine
from tests.gateway.test_udp import client_of
from tests.live.desk import read
from tests.workers.rig import Rig, make_rig


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def office(rig: Rig) -> AsyncIterator[Office]:
    async with open_office(rig) as opened:
        yield opened


async def log_in(office: Office, peer: Peer) -> None:
    await peer.send(f"L,{office.rig.unique_id}!\n".encode())
    assert await peer.receive(3) == b"+L\n"


async def told(peer: Peer) -> str:
    """The next command; acknowledgements are passed over."""
    while True:
        text = (await asyncio.wait_for(peer.reader.readline(), 20)).decode().strip()
        if not text.startswith("+"):
            return text


async def report(office: Office, peer: Peer, speed_kmh: float) -> None:
    """A position of this moment."""
    second = (office.clock.now_ms - 1_750_000_000_000) / 1000
    await peer.send(f"P,{second},,{speed_kmh}!\n".encode())
    key = (office.device_id, office.rig.vehicle_id)
    await eventually(lambda: _last_fix_ms(office, key) == office.clock.now_ms)


def _last_fix_ms(office: Office, key: tuple[UUID, UUID]) -> int | None:
    unit = office.processor.shards.loaded(key)
    return None if unit is None else unit.state.last_fix_time_ms


async def untold(office: Office, peer: Peer) -> bool:
    """Whether no command came, all turns taken; acknowledgements are passed over."""
    await settled(office)
    while not await peer.quiet():
        if not (await peer.reader.readline()).startswith((b"+", b"P", b"H", b"L")):
            return False
    return True


async def settled(office: Office) -> None:
    """Let the dispatcher take all turns that are due."""
    await office.dispatcher.look()
    await eventually(lambda: not office.dispatcher._due)


async def test_a_connected_device_is_told_at_once_and_its_answer_is_kept(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        sent = await office.reaches(command, "sent")
        assert (sent.attempts, sent.sent_time) == (1, office.clock.now())
        await peer.send(b"H!\n")
        await office.reaches(command, "delivered")
        await peer.send(b"A,1,yes,here I am!\n")
        done = await office.reaches(command, "acknowledged")
    assert done.reply == "here I am"
    assert await office.states(command) == ["pending", "sent", "delivered", "acknowledged"]
    who = [step.who for step in await office.history(command)]
    device = f"device:{office.rig.unique_id}"
    assert who == ["user:test", "system:dispatcher", device, device]


async def test_a_device_that_was_offline_is_told_when_it_comes(office: Office) -> None:
    commands = [await office.ask(CustomText(text)) for text in ("one", "two", "three")]
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        for number, (command, text) in enumerate(
            zip(commands, ("one", "two", "three"), strict=True), 1
        ):
            assert await told(peer) == f"C,{number},{text}"
            assert await untold(office, peer), "one is in flight at most"
            await peer.send(f"A,{number},,ok!\n".encode())
            await office.reaches(command, "acknowledged")


@pytest.mark.parametrize(("verdict", "state"), [("yes", "acknowledged"), ("no", "failed")])
async def test_an_answer_without_a_number_is_that_of_the_command_in_flight(
    verdict: str, state: str, office: Office
) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(Reboot())
        assert await told(peer) == "C,1,reboot"
        await peer.send(f"A,,{verdict},so so!\n".encode())
        done = await office.reaches(command, "acknowledged", "failed")
    assert (done.state, done.reply) == (state, "so so")


async def test_an_answer_to_another_number_is_not_taken(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(Reboot())
        assert await told(peer) == "C,1,reboot"
        await peer.send(b"A,7,yes,late!\nH!\n")
        await office.reaches(command, "delivered")
        await peer.send(b"A,1,yes,now!\n")
        done = await office.reaches(command, "acknowledged")
    assert done.reply == "now"


async def test_what_may_be_repeated_is_repeated_so_often(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(PositionNow())
        for attempt in range(1, MAX_ATTEMPTS + 1):
            assert await told(peer) == "C,1,where"
            await office.reaches(command, "sent")
            assert (await office.run(command)).attempts == attempt
            await office.pass_time(ANSWER_WITHIN_S)
        failed = await office.reaches(command, "failed")
        assert await untold(office, peer)
    assert failed.reason is not None
    assert "no answer" in failed.reason
    assert (await office.states(command))[-3:] == ["pending", "sent", "failed"]


async def test_what_may_not_be_repeated_is_sent_once(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(Reboot())
        assert await told(peer) == "C,1,reboot"
        await office.pass_time(ANSWER_WITHIN_S)
        await office.reaches(command, "failed")
        assert await untold(office, peer)
    assert await office.states(command) == ["pending", "sent", "failed"]


async def test_nothing_is_sent_after_it_has_expired(office: Office) -> None:
    output = await office.ask(OutputOn(1))
    other = await office.ask(PositionNow())
    await office.pass_time(SWITCHING_LIFETIME.total_seconds())
    await office.reaches(output, "expired")
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert await told(peer) == "C,2,where"
    await office.pass_time(86_400)
    await office.reaches(other, "failed", "expired")


async def test_what_is_asked_to_expire_sooner_does(office: Office) -> None:
    command = await office.ask(PositionNow(), expires_in_s=10)
    await office.pass_time(9)
    await settled(office)
    assert (await office.run(command)).state == "pending"
    await office.pass_time(1)
    await office.reaches(command, "expired")


async def test_a_cancelled_command_is_not_sent(office: Office) -> None:
    command = await office.ask(CustomText("no"))
    await office.cancel(command)
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await settled(office)
        assert await untold(office, peer)
        sent = await office.ask(CustomText("yes"))
        assert await told(peer) == "C,2,yes"
        with pytest.raises(Conflict, match="is sent"):
            await office.cancel(sent)
    assert await office.states(command) == ["pending", "cancelled"]


async def test_a_restart_loses_nothing_and_repeats_nothing(rig: Rig) -> None:
    async with open_office(rig) as before, connected(before.port()) as peer:
        await log_in(before, peer)
        in_flight = await before.ask(CustomText("once"))
        waiting = await before.ask(PositionNow())
        assert await told(peer) == "C,1,once"
        clock = before.clock
    async with open_office(rig, clock=clock) as after, connected(after.port()) as peer:
        await log_in(after, peer)
        await settled(after)
        assert await untold(after, peer)
        await after.pass_time(ANSWER_WITHIN_S)
        given_up = await after.reaches(in_flight, "failed")
        assert "not known" in (given_up.reason or "")
        assert await told(peer) == "C,2,where"
        await after.reaches(waiting, "sent")


async def test_an_answer_after_a_restart_still_counts(rig: Rig) -> None:
    async with open_office(rig) as before, connected(before.port()) as peer:
        await log_in(before, peer)
        command = await before.ask(CustomText("once"))
        assert await told(peer) == "C,1,once"
        clock = before.clock
    async with open_office(rig, clock=clock) as after, connected(after.port()) as peer:
        await log_in(after, peer)
        await peer.send(b"A,1,yes,done!\n")
        assert (await after.reaches(command, "acknowledged")).reply == "done"


async def test_a_command_that_another_process_made_is_found(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await office.ask(Reboot())
        assert await told(peer) == "C,1,reboot"
        await peer.send(b"A,1,yes,!\n")
        quiet = office.notice._dispatcher
        office.notice._dispatcher = _Deaf()  # type: ignore[assignment]
        await office.ask(CustomText("from elsewhere"))
        office.notice._dispatcher = quiet
        assert await told(peer) == "C,2,from elsewhere"


class _Deaf:
    def changed(self, change: object) -> None:
        """Another process has its own dispatcher."""


class _EndingLine(MemoryLine):
    """A connection that ends between the mark and the write."""

    def __init__(self, office: Office) -> None:
        super().__init__("192.0.2.1", 0.0)
        self._office = office

    def write(self, data: bytes) -> bool:
        self._office.presence.release(self._office.rig.unique_id, self)
        return False


async def test_what_was_not_written_is_not_counted_as_sent(office: Office) -> None:
    await office.processor.ingest.open(office.rig.unique_id, "tiny", "192.0.2.1")
    office.presence._lines[office.rig.unique_id] = _EndingLine(office)
    command = await office.ask(CustomText("x"))
    async with asyncio.timeout(20):
        while await office.states(command) != ["pending", "sent", "pending"]:
            await asyncio.sleep(0.01)
    assert (await office.run(command)).attempts == 0
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert await told(peer) == "C,1,x"


async def test_a_datagram_is_answered_with_the_command(office: Office) -> None:
    command = await office.ask(PositionNow())
    async with client_of(office.port("udp")) as client:
        client.send(f"P,1,{office.rig.unique_id}!\n".encode())
        assert {await client.answer(), await client.answer()} == {b"+P\n", b"C,1,where\n"}
        await office.reaches(command, "sent")
        client.send(f"H,{office.rig.unique_id}!\n".encode())
        await client.answer()
        await office.reaches(command, "delivered")


async def test_what_the_protocol_has_not_is_refused_at_once(office: Office) -> None:
    with pytest.raises(InvalidInput, match="for tiny: engine_stop"):
        await office.ask(SetOdometer(5.0))


async def test_an_engine_is_not_stopped_before_the_vehicle_is_slow(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(EngineStop())
        assert await office.is_held(command) == HELD_UNKNOWN
        await report(office, peer, 80)
        async with asyncio.timeout(20):
            while await office.is_held(command) != HELD_MOVING:
                await asyncio.sleep(0.01)
        other = await office.ask(PositionNow())
        assert await told(peer) == "C,2,where", "what waits for the vehicle holds up nothing else"
        await peer.send(b"A,2,yes,!\n")
        await office.reaches(other, "acknowledged")
        office.clock.advance(10)
        await report(office, peer, 21)
        await settled(office)
        assert await untold(office, peer)
        office.clock.advance(10)
        await report(office, peer, 20)
        assert await told(peer) == "C,1,stop"
        await office.reaches(command, "sent")


async def test_an_old_fix_does_not_show_that_a_vehicle_is_slow(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 0)
        office.clock.advance(301)
        command = await office.ask(EngineStop())
        assert await office.is_held(command) == HELD_UNKNOWN
        assert await untold(office, peer)
        await report(office, peer, 0)
        assert await told(peer) == "C,1,stop"


async def test_a_bus_that_tells_a_speed_without_a_fix_is_believed(office: Office) -> None:
    """A vehicle that stood before a tunnel drives in it."""
    ingest = office.processor.ingest
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 0)
        office.clock.advance(10)
        session = await ingest.open(office.rig.unique_id, "tiny", "192.0.2.1")
        inside = Position(office.clock.now_ms, signals={"Vehicle.Speed": 80.0})
        ingest.accept(session, [inside], office.clock.now_ms, lambda _: None)
        command = await office.ask(EngineStop())
        assert await office.is_held(command) == HELD_MOVING
        assert await untold(office, peer)
        office.clock.advance(10)
        await report(office, peer, 0)
        assert await told(peer) == "C,1,stop"


async def test_an_engine_stop_of_a_fast_vehicle_is_refused_at_once(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 80)
        await office.processor.settle()
        for command in (EngineStop(), CustomText("stop")):
            with pytest.raises(VehicleMoving, match="80 km/h, allowed are 20"):
                await office.ask(command)
        await office.ask(EngineResume())
        assert await told(peer) == "C,1,resume"


async def test_a_vehicles_own_threshold_counts(office: Office) -> None:
    async with office.rig.database.operator_transaction() as connection:
        await connection.execute(
            update(vehicles)
            .where(vehicles.c.id == office.rig.vehicle_id)
            .values(thresholds={"engine_stop_max_speed_kmh": 0.0})
        )
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 1)
        await office.processor.settle()
        with pytest.raises(VehicleMoving, match="allowed are 0"):
            await office.ask(EngineStop())
        office.clock.advance(1)
        await report(office, peer, 0)
        await office.processor.settle()
        await office.ask(EngineStop())
        assert await told(peer) == "C,1,stop"


async def test_a_resume_withdraws_the_stops_that_wait(office: Office) -> None:
    stop, other = await office.ask(EngineStop()), await office.ask(PositionNow())
    await office.ask(EngineResume())
    assert (await office.run(stop)).state == "cancelled"
    assert (await office.run(other)).state == "pending"
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert await told(peer) == "C,2,where"


async def test_a_stop_is_not_repeated_once_the_engine_is_to_run_again(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await report(office, peer, 0)
        stop = await office.ask(EngineStop())
        assert await told(peer) == "C,1,stop"
        await office.ask(EngineResume())
        await office.pass_time(ANSWER_WITHIN_S)
        assert await told(peer) == "C,2,resume"
        assert "a newer command waits" in ((await office.reaches(stop, "failed")).reason or "")


async def test_an_engine_stop_does_not_follow_the_device_into_another_vehicle(
    office: Office,
) -> None:
    stop = await office.ask(EngineStop())
    now = office.clock.now()
    other_id = uuid4()
    owned = {"tenant_id": office.rig.scope.tenant_id, "created_at": now, "updated_at": now}
    async with office.rig.database.operator_transaction() as connection:
        await connection.execute(insert(vehicles).values(id=other_id, name="Other", **owned))
    await office.change_device(vehicle_id=other_id)
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert (await office.reaches(stop, "failed")).reason == MOVED_AWAY
        assert await untold(office, peer)


async def test_a_disabled_device_is_told_nothing(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await office.change_device(enabled=False)
        command = await office.ask(PositionNow())
        assert await office.is_held(command) == HELD_DISABLED
        assert await untold(office, peer)


async def test_a_removed_device_takes_its_commands_along(office: Office) -> None:
    await office.ask(PositionNow())
    async with office.rig.database.operator_transaction() as connection:
        await connection.execute(delete(devices).where(devices.c.id == office.device_id))
    office.dispatcher._note(office.rig.unique_id)
    await eventually(lambda: not office.is_followed)


async def test_nobody_is_followed_once_all_is_done(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        assert not office.is_followed
        await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        await peer.send(b"A,1,yes,!\n")
        await eventually(lambda: not office.is_followed)


async def test_every_change_is_told_and_counted(office: Office) -> None:
    tenant_id, vehicle_id = office.rig.scope.tenant_id, office.rig.vehicle_id
    viewer = office.hub.open(tenant_id, Credential(), lambda: None, lambda: None, 0.0)
    for name in (f"vehicle:{vehicle_id}", "fleet:all"):
        office.hub.subscribe(viewer, Audience(tenant_id, parse_channel(name)), None, None)
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        command = await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        await peer.send(b"A,1,yes,here!\n")
        await office.reaches(command, "acknowledged")
        await eventually(lambda: not office.is_followed)
    office.hub.flush()
    news = [each for each in read(viewer) if each["event"].endswith("command_execution")]
    own = [each["data"] for each in news if each["event"] == "command_execution"]
    assert [each["status"] for each in own] == ["pending", "sent", "acknowledged"]
    assert own[-1] == {
        "commandId": str(command),
        "vehicleId": str(vehicle_id),
        "deviceId": str(office.device_id),
        "type": "position_now",
        "status": "acknowledged",
        "result": "here",
        "initiatorUserId": None,
        "timestamp": office.clock.now().isoformat().replace("+00:00", "Z"),
    }
    fleet = [each for each in news if each["event"] == "fleet_command_execution"]
    assert [each["data"] for each in fleet] == own
    counted = {"kind": "position_now", "state": "acknowledged"}
    assert office.registry.get_sample_value("milepost_commands_total", counted) == 1


async def test_two_dispatchers_do_not_send_twice(office: Office) -> None:
    """The row decides: whoever comes second finds it sent."""
    async with connected(office.port()) as peer, office.second_dispatcher() as second:
        await log_in(office, peer)
        line = office.presence.line(office.rig.unique_id, 0.0)
        assert line is not None
        second.presence._lines[office.rig.unique_id] = line
        for number in range(1, 6):
            command = await office.ask(CustomText(f"t{number}"))
            await asyncio.gather(office.dispatcher.look(), second.dispatcher.look())
            assert await told(peer) == f"C,{number},t{number}"
            await peer.send(f"A,{number},yes,!\n".encode())
            await office.reaches(command, "acknowledged")
            assert (await office.states(command)).count("sent") == 1
        assert await untold(office, peer)
