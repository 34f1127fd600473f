"""Who drives what: a vehicle has one driver at a time."""

from datetime import datetime
from uuid import UUID

import msgspec

from milepost.domain.vehicle import DriverAssignment
from milepost.errors import Conflict, InvalidInput
from milepost.features.assignments import store
from milepost.features.assignments.journeys import assign_journeys
from milepost.features.assignments.schemas import NewAssignment
from milepost.features.audit.service import record
from milepost.features.drivers.store import DRIVERS
from milepost.features.vehicles.store import VEHICLES
from milepost.features.work import Work


async def assign_driver(work: Work, new: NewAssignment) -> DriverAssignment:
    """Let a driver drive a vehicle; whoever drove it until then no longer does.

    Raises:
        NotFound: there is no such vehicle or driver that the caller may know of.
        InvalidInput: the start is in the future.
        Conflict: another assignment of the vehicle began later than the start.
    """
    await VEHICLES.get(work.connection, work.scope, new.vehicle_id, lock=True)
    await DRIVERS.get(work.connection, work.scope, new.driver_id)
    start_time = _not_after_now(work, "startTime", new.start_time)
    await _end_earlier(work, new.vehicle_id, start_time)
    assignment = DriverAssignment(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        driver_id=new.driver_id,
        vehicle_id=new.vehicle_id,
        start_time=start_time,
        created_at=work.clock(),
    )
    await store.insert_assignment(work.connection, assignment)
    await assign_journeys(work.connection, work.scope, new.vehicle_id, start_time)
    await record(work, "created", "assignment", assignment.id, after=assignment)
    work.vehicle_changed(new.vehicle_id)
    return assignment


async def end_assignment(
    work: Work, assignment_id: UUID, end_time: datetime | None
) -> DriverAssignment:
    """End an assignment.

    Raises:
        NotFound: there is none that the caller may know of.
        InvalidInput: the end is in the future, or before the start.
        Conflict: it has ended already.
    """
    before = await store.get_assignment(work.connection, work.scope, assignment_id)
    if before.end_time is not None:
        raise Conflict("assignment", f"it ended at {before.end_time.isoformat()}")
    end = _not_after_now(work, "endTime", end_time)
    if end < before.start_time:
        raise InvalidInput("endTime", end.isoformat(), f"after {before.start_time.isoformat()}")
    ended = await _end(work, before, end)
    await assign_journeys(work.connection, work.scope, before.vehicle_id, end)
    return ended


async def _end_earlier(work: Work, vehicle_id: UUID, start_time: datetime) -> None:
    for other in await store.overlapping(work.connection, work.scope, vehicle_id, start_time):
        if other.end_time is not None or other.start_time > start_time:
            raise Conflict("assignment", "the vehicle was assigned to another driver after that")
        await _end(work, other, start_time)


async def _end(work: Work, before: DriverAssignment, end_time: datetime) -> DriverAssignment:
    after = msgspec.structs.replace(before, end_time=end_time)
    await store.end_assignment(work.connection, before.id, end_time)
    await record(work, "changed", "assignment", before.id, before=before, after=after)
    work.vehicle_changed(before.vehicle_id)
    return after


def _not_after_now(work: Work, field: str, time: datetime | None) -> datetime:
    now = work.clock()
    if time is not None and time > now:
        raise InvalidInput(field, time.isoformat(), "a time that is not in the future")
    return time or now
