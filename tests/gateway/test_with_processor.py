"""The gateway in front of the real processor and its engines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.features.devices.tables import devices, unknown_devices
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import osmand, teltonika
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.processor import Processor
from tests.conftest import NewTenant
from tests.gateway.conftest import at_any_port, connected
from tests.gateway.test_http import answer
from tests.workers.rig import NOW_MS, Rig, make_rig

DAY_MS = 86_400_000


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


@asynccontextmanager
async def gateway_of(processor: Processor) -> AsyncIterator[Gateway]:
    async with open_gateway(
        processor.ingest,
        {each.name: at_any_port(each) for each in (osmand.PROTOCOL, teltonika.PROTOCOL)},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        yield gateway


def request_of(rig: Rig, fix_time_ms: int) -> bytes:
    return osmand.PROTOCOL.encoder().positions(rig.unique_id, [Position(fix_time_ms, 52.5, 13.4)])


async def stored_times(rig: Rig) -> list[int]:
    rows = await rig.telemetry.vehicle_positions(rig.scope, rig.vehicle_id, 0, 4 * NOW_MS, 1000)
    return [row.position.fix_time_ms for row in rows]


async def test_what_was_answered_can_be_read(rig: Rig) -> None:
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        for second in range(3):
            await peer.send(request_of(rig, NOW_MS + second * 1000))
            assert (await answer(peer))[0] == 200
            assert await stored_times(rig) == [NOW_MS + each * 1000 for each in range(second + 1)]


async def test_a_device_that_was_edited_goes_on(rig: Rig) -> None:
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(request_of(rig, NOW_MS))
        assert (await answer(peer))[0] == 200
        async with rig.database.operator_transaction() as connection:
            device_id = await connection.scalar(
                select(devices.c.id).where(devices.c.unique_id == rig.unique_id)
            )
        processor.shards.device_changed(device_id)
        await peer.send(request_of(rig, NOW_MS + 1000))
        assert (await answer(peer))[0] == 200
    assert len(await stored_times(rig)) == 2


async def test_a_disabled_device_is_refused_from_then_on(rig: Rig) -> None:
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(request_of(rig, NOW_MS))
        assert (await answer(peer))[0] == 200
        async with rig.database.operator_transaction() as connection:
            device_id = await connection.scalar(
                devices.update()
                .where(devices.c.unique_id == rig.unique_id)
                .values(enabled=False)
                .returning(devices.c.id)
            )
        processor.shards.device_changed(device_id)
        await peer.send(request_of(rig, NOW_MS + 1000))
        assert (await answer(peer))[0] == 403
    assert len(await stored_times(rig)) == 1


async def test_a_clock_a_year_ahead_is_kept_apart_and_answered(rig: Rig) -> None:
    """The device would send it for ever if it were not answered."""
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(request_of(rig, NOW_MS + 365 * DAY_MS))
        assert (await answer(peer))[0] == 200
        await peer.send(request_of(rig, NOW_MS))
        assert (await answer(peer))[0] == 200
    assert await stored_times(rig) == [NOW_MS]


async def test_an_unknown_imei_is_refused_and_listed(rig: Rig) -> None:
    imei = "35" + str(rig.vehicle_id.int % 10**13).zfill(13)
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(teltonika.PROTOCOL.encoder().login(imei))
        assert await peer.rest() == b"\0"
    async with rig.database.operator_transaction() as connection:
        row = (
            await connection.execute(
                select(unknown_devices).where(unknown_devices.c.unique_id == imei)
            )
        ).one()
    assert (row.protocol, row.source) == ("teltonika", "127.0.0.1")


async def test_a_device_is_its_registered_tenants_whoever_else_wants_it(
    rig: Rig, database: Database, telemetry: Telemetry, new_tenant: NewTenant
) -> None:
    thief = await make_rig(database, telemetry, await new_tenant(), proven=False)
    async with (
        rig.processor() as processor,
        gateway_of(processor) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(request_of(rig, NOW_MS))
        assert (await answer(peer))[0] == 200
        theirs = devices.c.unique_id == thief.unique_id
        async with database.transaction(thief.scope) as connection:
            await connection.execute(devices.update().where(theirs).values(unique_id=rig.unique_id))
        theirs = devices.c.unique_id == rig.unique_id
        with pytest.raises(IntegrityError, match="uq_devices_proven"):
            async with database.transaction(thief.scope) as connection:
                await connection.execute(
                    devices.update().where(theirs).values(proven_time=func.now())
                )
        await peer.send(request_of(rig, NOW_MS + 1000))
        assert (await answer(peer))[0] == 200
    assert await stored_times(rig) == [NOW_MS, NOW_MS + 1000]
    assert await stored_times(thief) == []
