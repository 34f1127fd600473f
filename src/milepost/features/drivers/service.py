"""Drivers: made, changed, removed."""

from uuid import UUID

import msgspec

from milepost.domain.vehicle import Driver
from milepost.features import lifecycle
from milepost.features.drivers.schemas import DriverPatch, NewDriver
from milepost.features.drivers.store import DRIVERS, check_member
from milepost.features.patching import patched
from milepost.features.work import Work


async def create_driver(work: Work, new: NewDriver) -> Driver:
    """Make a driver.

    Raises:
        NotFound: the account to link to does not belong to the tenant.
    """
    if new.user_id is not None:
        await check_member(work.connection, work.scope, new.user_id)
    now = work.clock()
    driver = Driver(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        created_at=now,
        updated_at=now,
        **msgspec.structs.asdict(new),
    )
    return await lifecycle.add(work, DRIVERS, driver)


async def change_driver(
    work: Work, driver_id: UUID, patch: DriverPatch, if_match: str | None
) -> Driver:
    """Change a driver.

    Raises:
        NotFound: there is no such driver, or the account does not belong to the tenant.
        StaleVersion: the change is based on another version.
    """
    before = await DRIVERS.get(work.connection, work.scope, driver_id, lock=True)
    after = patched(before, patch)
    if after.user_id is not None and after.user_id != before.user_id:
        await check_member(work.connection, work.scope, after.user_id)
    return await lifecycle.change(work, DRIVERS, before, after, if_match)


async def delete_driver(work: Work, driver_id: UUID, if_match: str | None) -> None:
    """Remove a driver and their assignments.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    await lifecycle.remove(work, DRIVERS, driver_id, if_match)
    work.tenant_changed()
