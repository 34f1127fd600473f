"""A device that people change goes on as it is set now, whatever way it comes."""

from collections.abc import AsyncIterator

import pytest

from milepost.domain.command import PositionNow
from milepost.domain.scope import Scope
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from tests.gateway.conftest import connected
from tests.gateway.office import Office, open_office
from tests.gateway.test_commands import log_in, told
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import START_MS
from tests.workers.rig import Rig, make_rig


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def office(rig: Rig) -> AsyncIterator[Office]:
    async with open_office(rig) as opened:
        yield opened


async def change(office: Office, **values: object) -> None:
    await office.change_device(**values)
    office.notice.device_changed(office.device_id)


async def test_a_connection_ends_though_the_device_is_silent(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await change(office, keep_frames=True)
        assert await peer.rest() == b""
    async with connected(office.port()) as peer:
        await log_in(office, peer)


async def test_a_datagram_that_was_refused_passes_once_the_device_is_lenient(
    office: Office,
) -> None:
    damaged = f"P,1,{office.rig.unique_id}?\n".encode()
    good = f"P,2,{office.rig.unique_id}!\n".encode()
    async with client_of(office.port("udp")) as client:
        client.send(good)
        assert await client.answer() == b"+P\n"
        client.send(damaged)
        await change(office, lenient=True)
        client.send(damaged)
        assert await client.answer() == b"+P\n"


async def test_a_datagram_without_positions_does_not_keep_a_disabled_device_in(
    office: Office,
) -> None:
    heartbeat = f"H,{office.rig.unique_id}!\n".encode()
    async with client_of(office.port("udp")) as client:
        client.send(heartbeat)
        assert await client.answer() == b"+H\n"
        await change(office, enabled=False)
        client.send(heartbeat)
        assert await client.answer() == b"-H\n"


async def test_a_connection_outlives_changes_of_its_vehicle_and_loses_nothing(
    office: Office,
) -> None:
    """Devices whose protocol has no answer would not send again what was not taken."""
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        for second in range(4):
            if second:
                office.notice.vehicle_changed(office.rig.scope.tenant_id, office.rig.vehicle_id)
            await peer.send(f"P,{second}!\nH!\n".encode())
            assert await peer.receive(6) == b"+P\n+H\n"
        command = await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        await office.reaches(command, "sent")
    rig = office.rig
    rows = await rig.telemetry.vehicle_positions(rig.scope, rig.vehicle_id, 0, 2 * START_MS, 10)
    assert [row.position.fix_time_ms - START_MS for row in rows] == [0, 1000, 2000, 3000]
