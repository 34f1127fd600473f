"""Reprocessings on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from milepost.features.paging import Page
from milepost.features.thresholds import ThresholdPatch
from milepost.features.wire import Body, Instant, Wire

Confirm = Annotated[
    str,
    Meta(
        max_length=2000,
        description="The token of the 428 that the same call was answered with before.",
    ),
]


class NewReprocessing(Body, frozen=True):
    """What is to be changed in the past, and from when on history is drawn anew.

    Without `vehicleId` all vehicles of the tenant are meant. `thresholds` (null goes back to what
    applies above) and `primaryDeviceId` hold from `since` on, whatever was set since; without them
    history is drawn again by what holds already.
    """

    since: Instant
    vehicle_id: UUID | None = None
    thresholds: ThresholdPatch = ThresholdPatch()
    primary_device_id: UUID | None = None
    confirm: Confirm | None = None


class ReprocessingView(Wire, frozen=True):
    """A part of history that is drawn anew, and how far that has come.

    `positions` of `devices` were there when it was asked for; `devicesDone` of them are through.
    `finishedTime` is null until all are; until then trips and totals may be old or new.
    """

    id: UUID
    vehicle_id: UUID | None
    since: datetime
    requested_time: datetime
    requested_by: str
    thresholds: dict[str, float | bool | None]
    primary_device_id: UUID | None
    positions: int
    devices: int
    devices_done: int
    finished_time: datetime | None


class ReprocessingPage(Page[ReprocessingView], frozen=True):
    """A page of reprocessings, the newest first."""

    items: list[ReprocessingView]
