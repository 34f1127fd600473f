"""Changes that reach into the past: how much is drawn anew is said first, and confirmed."""

from datetime import datetime
from uuid import UUID

import msgspec

from milepost.domain.reprocessing import Reprocessing
from milepost.errors import ConfirmationNeeded, InvalidInput
from milepost.features import lifecycle
from milepost.features.audit.service import record
from milepost.features.confirmation import LIFETIME_S, Confirmations
from milepost.features.devices.store import devices_in
from milepost.features.former_thresholds.store import OF_THE_TENANT, change_since
from milepost.features.patching import changed_fields
from milepost.features.permissions import demand
from milepost.features.primary_devices.service import choose_primary
from milepost.features.reprocessings import store
from milepost.features.reprocessings.schemas import NewReprocessing
from milepost.features.tenants.store import get_tenant, update_tenant
from milepost.features.thresholds import ThresholdPatch
from milepost.features.vehicles.store import VEHICLES
from milepost.features.work import Work
from milepost.stores.extents import Extent, extent_since
from milepost.stores.telemetry import Telemetry


class PastChange(msgspec.Struct, frozen=True):
    """What is confirmed."""

    since: datetime
    vehicle_id: UUID | None
    thresholds: ThresholdPatch
    primary_device_id: UUID | None


async def request_reprocessing(
    work: Work, new: NewReprocessing, telemetry: Telemetry, confirmations: Confirmations
) -> Reprocessing:
    """Change what holds since a time in the past, and have history drawn anew from there.

    Raises:
        NotFound: there is no such vehicle that the caller may know of.
        Forbidden: it is about all vehicles, and the caller may not administer.
        InvalidInput: the time is in the future, the device not in the vehicle, or the token is not
            that of this call.
        ConfirmationNeeded: this much is drawn anew, and the caller has not confirmed it.
        Unavailable: ClickHouse does not say how much it is.
    """
    await _check(work, new)
    extent = await extent_since(telemetry, work.scope, new.vehicle_id, new.since)
    identity = _confirmed(work, new, extent, confirmations)
    await _change_thresholds(work, new)
    if new.vehicle_id is not None and new.primary_device_id is not None:
        present = await devices_in(work.connection, new.vehicle_id)
        await choose_primary(work, new.vehicle_id, new.primary_device_id, new.since, present)
    asked = _asked(work, new, extent, identity)
    await store.insert_reprocessing(work.connection, asked)
    await record(work, "requested", "reprocessing", identity, after=asked)
    return asked


async def _check(work: Work, new: NewReprocessing) -> None:
    if new.since > work.clock():
        raise InvalidInput("since", new.since.isoformat(), "a time in the past")
    if new.vehicle_id is not None:
        await VEHICLES.get(work.connection, work.scope, new.vehicle_id, lock=True)
        return
    demand(work.scope, "administer")
    if new.primary_device_id is not None:
        raise InvalidInput("vehicleId", None, "the vehicle that `primaryDeviceId` is in")


def _confirmed(
    work: Work, new: NewReprocessing, extent: Extent, confirmations: Confirmations
) -> UUID:
    intent = PastChange(new.since, new.vehicle_id, new.thresholds, new.primary_device_id)
    if new.confirm is not None:
        return confirmations.check(new.confirm, work.who, intent)
    token = confirmations.issue(work.who, intent, work.make_id())
    raise ConfirmationNeeded(
        f"folding {extent.positions:,} positions (devices: {extent.devices:,}, vehicles:"
        f" {extent.vehicles:,}) since {new.since.isoformat()} again",
        token,
        LIFETIME_S,
    )


async def _change_thresholds(work: Work, new: NewReprocessing) -> None:
    if not changed_fields(new.thresholds):
        return
    if new.vehicle_id is None:
        await _change_tenant(work, new)
    else:
        await _change_vehicle(work, new, new.vehicle_id)


async def _change_vehicle(work: Work, new: NewReprocessing, vehicle_id: UUID) -> None:
    before = await VEHICLES.get(work.connection, work.scope, vehicle_id, lock=True)
    owner = (before.tenant_id, before.id)
    now = await change_since(work.connection, owner, before.thresholds, new.thresholds, new.since)
    after = msgspec.structs.replace(before, thresholds=now)
    await lifecycle.change(work, VEHICLES, before, after, None)
    work.vehicle_changed(vehicle_id)


async def _change_tenant(work: Work, new: NewReprocessing) -> None:
    before = await get_tenant(work.connection, work.scope.tenant_id, lock=True)
    owner = (before.id, OF_THE_TENANT)
    now = await change_since(work.connection, owner, before.thresholds, new.thresholds, new.since)
    if now != before.thresholds:
        after = msgspec.structs.replace(
            before, thresholds=now, updated_at=work.clock(), version=before.version + 1
        )
        await update_tenant(work.connection, after)
        await record(work, "changed", "tenant", after.id, before=before, after=after)
    work.tenant_changed()


def _asked(work: Work, new: NewReprocessing, extent: Extent, identity: UUID) -> Reprocessing:
    return Reprocessing(
        id=identity,
        tenant_id=work.scope.tenant_id,
        vehicle_id=new.vehicle_id,
        since_time=new.since,
        requested_time=work.clock(),
        requested_by=work.who,
        thresholds=changed_fields(new.thresholds),
        primary_device_id=new.primary_device_id,
        positions=extent.positions,
        devices=extent.devices,
    )
