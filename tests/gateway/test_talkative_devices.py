"""Devices that say more than they should about commands harm nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from sqlalchemy import select

from milepost.domain.command import PositionNow
from milepost.domain.scope import Scope
from milepost.features.devices.tables import devices
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.dispatcher import KEPT_ANSWERS
from tests.gateway.conftest import Peer, connected, eventually
from tests.gateway.office import Office, open_office
from tests.gateway.test_commands import log_in, told
from tests.workers.rig import Rig, make_rig


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@pytest.fixture
async def office(rig: Rig) -> AsyncIterator[Office]:
    async with open_office(rig) as opened:
        yield opened


@asynccontextmanager
async def never_silent(peer: Peer) -> AsyncIterator[None]:
    """The device answers a command that nobody gave it, again and again."""

    async def talk() -> None:
        while True:
            await peer.send(b"A,7,yes,me!\n")
            await asyncio.sleep(0.0005)

    talking = asyncio.create_task(talk())
    try:
        yield
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


async def of_another_device(office: Office) -> Office:
    """The same server, for a second device of the tenant."""
    rig = await make_rig(office.rig.database, office.rig.telemetry, office.rig.scope)
    query = select(devices.c.id).where(devices.c.unique_id == rig.unique_id)
    async with rig.database.operator_transaction() as connection:
        device_id = await connection.scalar(query)
    await Office.change_device(
        msgspec.structs.replace(office, device_id=device_id), protocol="tiny"
    )
    return msgspec.structs.replace(office, rig=rig, device_id=device_id)


async def test_times_run_out_though_another_device_never_stops_talking(office: Office) -> None:
    other = await of_another_device(office)
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        late = await other.ask(PositionNow(), expires_in_s=10)
        # Turns are taken in order: the other device has had its own.
        await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        async with never_silent(peer):
            office.clock.advance(11)
            assert (await other.reaches(late, "expired")).reason is not None


async def test_answers_that_wait_for_their_turn_are_bounded(office: Office) -> None:
    async with connected(office.port()) as peer:
        await log_in(office, peer)
        await office.ask(PositionNow())
        assert await told(peer) == "C,1,where"
        # One read, so that no turn comes between.
        await peer.send(b"A,7,yes,me!\n" * 2 * KEPT_ANSWERS + b"H!\n")
        assert await peer.receive(3) == b"+H\n"
        assert len(office.dispatcher._cases[office.rig.unique_id].answers) <= KEPT_ANSWERS
        await peer.send(b"A,1,yes,here!\n")
        await eventually(lambda: not office.is_followed)
