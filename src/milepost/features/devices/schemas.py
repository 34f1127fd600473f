"""Devices on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from milepost.domain.identity import IDENTITY_PATTERN, MOST_IDENTITY_CHARS
from milepost.features.paging import Page
from milepost.features.wire import PRINTABLE, Name, Text, Wire

UniqueId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MOST_IDENTITY_CHARS,
        pattern=IDENTITY_PATTERN,
        description="What the tracker calls itself on the wire: an IMEI or its protocol's own id.",
    ),
]
Protocol = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r"^[a-z0-9_]+$",
        description="The protocol's name: teltonika, gt06, h02, osmand, mqtt …",
    ),
]


Options = Annotated[
    dict[
        Annotated[str, Meta(max_length=50, pattern=PRINTABLE)],
        Annotated[str, Meta(max_length=200, pattern=PRINTABLE)],
    ],
    Meta(
        max_length=50,
        description="What the protocol lets be set for a device, by name (docs/protocols.md).",
    ),
]


class NewDevice(Wire, frozen=True):
    """A tracker to be registered."""

    unique_id: UniqueId
    protocol: Protocol
    vehicle_id: UUID | None = None
    name: Text | None = None
    lenient: bool = False
    enabled: bool = True
    options: Options = field(default_factory=dict)
    keep_frames: bool = False


class DevicePatch(Wire, frozen=True):
    """Changes of a device: absent fields stay, null clears; `options` replaces all of them."""

    unique_id: UniqueId | UnsetType = UNSET
    protocol: Protocol | UnsetType = UNSET
    vehicle_id: UUID | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    lenient: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    keep_frames: bool | UnsetType = UNSET


class DeviceView(Wire, frozen=True):
    """A tracker. `lenient` lets frames with a wrong checksum through, flagged as damaged.

    `lastProtocol` is what it spoke when it was last heard; if that is not `protocol`, it calls at
    another port than it is registered for. `options` are empty for callers who may not change
    devices, because they may be passwords.
    """

    id: UUID
    unique_id: str
    protocol: str
    vehicle_id: UUID | None
    name: str | None
    lenient: bool
    enabled: bool
    last_seen_time: datetime | None
    options: dict[str, str]
    keep_frames: bool
    last_protocol: str | None
    created_at: datetime
    updated_at: datetime


class DevicePage(Page[DeviceView], frozen=True):
    """A page of devices."""

    items: list[DeviceView]


class UnknownDevice(Wire, frozen=True):
    """A tracker that called and that nobody has registered."""

    unique_id: str
    protocol: str
    source: str
    first_seen_time: datetime
    last_seen_time: datetime
    attempts: int


class UnknownDevicePage(Page[UnknownDevice], frozen=True):
    """A page of unknown devices."""

    items: list[UnknownDevice]


class Adoption(Wire, frozen=True):
    """What an unknown device is put into: a vehicle that is there, or a new one of this name."""

    vehicle_id: UUID | None = None
    vehicle_name: Name | None = None
