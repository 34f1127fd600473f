"""Late data is folded in its place, page by page, and gathered where it comes again and again."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import msgspec
import pytest

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.thresholds import Thresholds
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.stream.ordering import in_order
from milepost.stream.pipeline import initial_state, open_outputs
from milepost.workers.refolder import PAGE_POSITIONS
from tests.conftest import NewTenant
from tests.folding import advance

from .rig import NOW_MS, Rig, expected, make_rig, only

START_MS = NOW_MS - 20 * 3_600_000
WAITS_S = 2.0


class Counting:
    """The real engine; it counts how often a history was read from its beginning."""

    def __init__(self, telemetry: Telemetry, vehicle_id: UUID) -> None:
        self._telemetry = telemetry
        self._vehicle_id = vehicle_id
        self.readings = 0
        self._last_from_ms: int | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._telemetry, name)

    async def device_positions(
        self, device_id: UUID, vehicle_id: UUID, from_ms: int, limit: int, *, tenant_id: UUID
    ) -> list[Position]:
        if vehicle_id == self._vehicle_id:
            if self._last_from_ms is None or from_ms <= self._last_from_ms:
                self.readings += 1
            self._last_from_ms = from_ms
        return await self._telemetry.device_positions(
            device_id, vehicle_id, from_ms, limit, tenant_id=tenant_id
        )


class Interrupted:
    """The real engine; while a history is read for the first time, something else happens."""

    def __init__(self, telemetry: Telemetry, vehicle_id: UUID) -> None:
        self._telemetry = telemetry
        self._vehicle_id = vehicle_id
        self.reading = asyncio.Event()
        self.read_again = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._telemetry, name)

    async def device_positions(
        self, device_id: UUID, vehicle_id: UUID, from_ms: int, limit: int, *, tenant_id: UUID
    ) -> list[Position]:
        found = await self._telemetry.device_positions(
            device_id, vehicle_id, from_ms, limit, tenant_id=tenant_id
        )
        if vehicle_id == self._vehicle_id:
            if self.reading.is_set():
                self.read_again.set()
                # Were there a first reading under way, it would end before this one.
                await asyncio.sleep(WAITS_S)
            else:
                self.reading.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.read_again.wait(), WAITS_S)
        return found


def drive(count: int) -> list[Position]:
    return [
        Position(START_MS + 10_000 * n, 50.0, round(7.0 + 0.001 * n, 7), speed_kmh=26.0)
        for n in range(count)
    ]


def truth(positions: Sequence[Position]) -> dict[str, list]:
    ordered, _ = in_order(-1, positions)
    state, outputs = advance(initial_state(), ordered, Thresholds())
    return expected([*outputs, *open_outputs(state)])


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope)


async def test_more_reports_of_one_instant_than_a_page_holds_are_all_folded(rig: Rig) -> None:
    before, after = drive(40)[:20], drive(40)[20:]
    instant_ms = before[-1].fix_time_ms + 5_000
    crowd = [
        Position(instant_ms, 50.0, 7.0195, speed_kmh=26.0, satellites=n % 30, battery_v=n / 1000)
        for n in range(PAGE_POSITIONS + 300)
    ]
    late = Position(before[3].fix_time_ms + 5_000, 50.0, 7.0035, speed_kmh=99.0)
    async with rig.processor() as processor:
        await rig.send(processor, before, crowd, after, [late])
        await processor.settle()
    assert await rig.conclusions() == truth([*before, *crowd, *after, late])


async def test_late_reports_that_follow_a_folding_are_folded_together(rig: Rig) -> None:
    counting = Counting(rig.telemetry, rig.vehicle_id)
    watched = msgspec.structs.replace(rig, telemetry=counting)
    positions = drive(3_000)
    late = [Position(START_MS + 5_000 + n * 20_000, 50.0, 7.0005, speed_kmh=26.0) for n in range(3)]
    async with watched.processor() as processor:
        await rig.send(processor, *(positions[n : n + 500] for n in range(0, 3_000, 500)))
        await rig.send(processor, [late[0]])
        await only(processor).refolder.idle()
        assert counting.readings == 1
        for report in late[1:]:
            await rig.send(processor, [report])
        await processor.settle()
    assert counting.readings == 2
    assert await rig.conclusions() == truth([*positions, *late])


async def test_a_device_whose_folding_fails_holds_up_nobody(
    rig: Rig, database: Database, telemetry: Telemetry, new_tenant: NewTenant
) -> None:
    class Failing(Counting):
        async def device_positions(
            self, device_id: UUID, vehicle_id: UUID, from_ms: int, limit: int, *, tenant_id: UUID
        ) -> list[Position]:
            if vehicle_id == rig.vehicle_id:
                raise RuntimeError("a step that meets what it did not expect")
            return await super().device_positions(
                device_id, vehicle_id, from_ms, limit, tenant_id=tenant_id
            )

    failing = Failing(telemetry, rig.vehicle_id)
    bad = msgspec.structs.replace(rig, telemetry=failing)
    good = msgspec.structs.replace(
        await make_rig(database, telemetry, await new_tenant()), telemetry=failing
    )
    positions = drive(60)
    sent = [*positions[30:], *positions[:30]]
    async with bad.processor() as processor:
        for each in (bad, good):
            assert await each.send(processor, sent[:30], sent[30:]) == [None, None]
        async with asyncio.timeout(60):
            while (await good.conclusions())["trips"] != truth(positions)["trips"]:
                await asyncio.sleep(0.05)


async def test_late_reports_during_a_folding_are_folded_after_it(rig: Rig) -> None:
    """Two foldings of one device at once would each throw away what the other has seen."""
    interrupted = Interrupted(rig.telemetry, rig.vehicle_id)
    watched = msgspec.structs.replace(rig, telemetry=interrupted)
    positions = drive(300)
    first, second = (
        Position(START_MS + offset_ms, 50.0, 7.0005, speed_kmh=26.0)
        for offset_ms in (5_000, 15_000)
    )
    async with watched.processor() as processor:
        await rig.send(processor, positions)
        await rig.send(processor, [first])
        await interrupted.reading.wait()
        await rig.send(processor, [second])
        await processor.settle()
    assert await rig.conclusions() == truth([*positions, first, second])
