"""Which places of a vehicle are believed, and where its line breaks: as the stream decides it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.policy import Policy
from milepost.domain.scope import Scope
from milepost.domain.vehicle import Vehicle
from milepost.features.former_thresholds.store import read_policies
from milepost.features.periods import Period
from milepost.features.positions.reading import read_batches
from milepost.features.primary_devices.store import Primaries, read_primaries
from milepost.features.tenants.tables import tenants
from milepost.stores.telemetry import PositionCursor, StoredPosition, Telemetry
from milepost.stream.contract import Observation, Run
from milepost.stream.ordering import order_key
from milepost.stream.steps.validate import STEP, Believed

LEAD_IN = timedelta(minutes=15)
"""How long before a period reading begins: what is believed depends on what was before."""


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A stored position, and what becomes of its place.

    `is_believed`: trips and distances are made of it. `is_rejected`: it has a place that is not
    believed. Neither: it has none, or comes from a device that did not count then.
    `begins_segment`: the line does not lead here from the believed place before, because there is
    none, something in between was rejected, the device was silent, or it cannot have driven here.
    """

    stored: StoredPosition
    is_believed: bool = False
    is_rejected: bool = False
    begins_segment: bool = False


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """What the stream observes of a position, whether its device counts, what gap is too long."""

    observation: Observation
    counts: bool
    gap_s: float


class Belief:
    """Judges the positions of one vehicle, batch by batch, in the order of their fix times."""

    def __init__(self, policy: Policy, primaries: Primaries) -> None:
        self._policy = policy
        self._primaries = primaries
        self._believed: dict[UUID, Believed] = {}
        self._breaks = True

    def judge(self, batch: Sequence[StoredPosition]) -> list[Judged]:
        """The positions of a batch; every one is there, in order."""
        seen: dict[int, _Seen] = {}
        for device_id in {each.device_id for each in batch}:
            own = [each for each in batch if each.device_id == device_id]
            seen |= self._look(device_id, own)
        return [self._judged(each, seen[id(each)]) for each in batch]

    def _look(self, device_id: UUID, own: list[StoredPosition]) -> Mapping[int, _Seen]:
        own.sort(key=lambda each: order_key(each.position))
        policy = self._policy.of_device(device_id, self._primaries)
        believed = self._believed.get(device_id, Believed())
        found: list[_Seen] = []
        for part in policy.parts([each.position for each in own]):
            run = Run(part.positions, part.thresholds, [], [], [])
            believed = STEP.advance(believed, run)
            gap_s = part.thresholds.gap_min_duration_s
            found += [_Seen(each, part.counts, gap_s) for each in run.observations]
        self._believed[device_id] = believed
        return {id(stored): each for stored, each in zip(own, found, strict=True)}

    def _judged(self, stored: StoredPosition, seen: _Seen) -> Judged:
        position, observation = stored.position, seen.observation
        if not (seen.counts and position.valid and position.has_fix):
            return Judged(stored)
        if not observation.located:
            self._breaks = True
            return Judged(stored, is_rejected=True)
        breaks = self._breaks or observation.relocated or observation.duration_s > seen.gap_s
        self._breaks = False
        return Judged(stored, is_believed=True, begins_segment=breaks)


def segments(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """The believed ones, cut where the line breaks; no segment is empty."""
    segment: list[Judged] = []
    for each in judged:
        if not each.is_believed:
            continue
        if each.begins_segment and segment:
            yield segment
            segment = []
        segment.append(each)
    if segment:
        yield segment


async def read_belief(connection: AsyncConnection, vehicle: Vehicle) -> Belief:
    """What decides of a vehicle's positions: its thresholds over time, and which device counted."""
    owner = (vehicle.tenant_id, vehicle.id)
    of_tenant = await connection.scalar(
        select(tenants.c.thresholds).where(tenants.c.id == vehicle.tenant_id)
    )
    policies = await read_policies(connection, {owner: (of_tenant, vehicle.thresholds)})
    primaries = await read_primaries(connection, [vehicle.id])
    return Belief(policies[owner], primaries.get(vehicle.id, ()))


async def read_judged(
    telemetry: Telemetry,
    scope: Scope,
    vehicle: Vehicle,
    belief: Belief,
    period: Period,
    after: PositionCursor | None = None,
) -> AsyncIterator[list[Judged]]:
    """The vehicle's positions of the period in batches, judged in the light of those before."""
    from_ms = period.from_ms if after is None else after.fix_time_ms + 1
    before = period.before(from_ms, LEAD_IN)
    if before is not None:
        async for batch in read_batches(telemetry, scope, vehicle.id, before):
            await asyncio.to_thread(belief.judge, batch)
    async for batch in read_batches(telemetry, scope, vehicle.id, period, after):
        yield await asyncio.to_thread(belief.judge, batch)
