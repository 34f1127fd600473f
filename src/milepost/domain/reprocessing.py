"""A part of history that is folded again because something of the past was changed."""

from datetime import datetime
from uuid import UUID

import msgspec


class Reprocessing(msgspec.Struct, frozen=True, kw_only=True):
    """What is folded again, on whose request, and how far it has come.

    `vehicle_id` is None for all vehicles of the tenant. `thresholds` and `primary_device_id` are
    what was changed from `since_time` on; neither, if it is only to be folded again. `positions` is
    how many there were when it was asked for, of so many `devices`; `devices_done` of them are
    folded and written. `finished_time` is None until all are.
    """

    id: UUID
    tenant_id: UUID
    vehicle_id: UUID | None
    since_time: datetime
    requested_time: datetime
    requested_by: str
    thresholds: dict[str, float | bool | None]
    primary_device_id: UUID | None
    positions: int
    devices: int
    devices_done: int = 0
    finished_time: datetime | None = None
