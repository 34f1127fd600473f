"""Primary devices on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.primary_devices.store import PrimaryReason
from milepost.features.wire import Body, Wire


class PrimaryDeviceView(Wire, frozen=True):
    """A device that counts for a vehicle's trips and totals from a time on, until the next does.

    `reason`: `chosen` by somebody, or `first_installed`: of the devices that were in the vehicle
    then it was registered first.
    """

    device_id: UUID
    from_time: datetime
    reason: PrimaryReason


class PrimaryDevices(Wire, frozen=True):
    """Which device counted when, the newest first; the others add what they measure.

    Empty for a vehicle that never had two devices at once: whatever device it has counts.
    """

    items: list[PrimaryDeviceView]


class ChosenPrimary(Body, frozen=True):
    """The device that is to count from now on; it is in the vehicle."""

    primary_device_id: UUID
