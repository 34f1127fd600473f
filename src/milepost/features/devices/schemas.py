"""Devices on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from milepost.domain.device_access import ClaimState
from milepost.domain.identity import IDENTITY_PATTERN, MOST_IDENTITY_CHARS
from milepost.features.paging import Page
from milepost.features.wire import PRINTABLE, Body, Name, Text, Wire

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


Secret = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="What the device shows that it is itself by; kept as a hash, never shown.",
    ),
]
AllowedProtocols = Annotated[
    list[Protocol],
    Meta(max_length=20, description="Over which protocols it may be spoken for; empty: any."),
]
AllowedNetworks = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=50, pattern=PRINTABLE)]],
    Meta(
        max_length=50,
        description="From which addresses it may be spoken for, as CIDR; empty: from anywhere.",
    ),
]


class NewDevice(Body, frozen=True):
    """A tracker to be registered."""

    unique_id: UniqueId
    protocol: Protocol
    vehicle_id: UUID | None = None
    name: Text | None = None
    lenient: bool = False
    enabled: bool = True
    options: Options = field(default_factory=dict)
    keep_frames: bool = False
    allowed_protocols: AllowedProtocols = field(default_factory=list)
    allowed_networks: AllowedNetworks = field(default_factory=list)
    secret: Secret | None = None
    trust_datagrams: bool = False


class DevicePatch(Body, frozen=True):
    """Changes of a device: absent fields stay, null clears; `options` replaces all of them.

    So do `allowedProtocols` and `allowedNetworks`. Another `uniqueId` is a new claim.
    """

    unique_id: UniqueId | UnsetType = UNSET
    protocol: Protocol | UnsetType = UNSET
    vehicle_id: UUID | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    lenient: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    keep_frames: bool | UnsetType = UNSET
    allowed_protocols: AllowedProtocols | UnsetType = UNSET
    allowed_networks: AllowedNetworks | UnsetType = UNSET
    secret: Secret | UnsetType | None = UNSET
    trust_datagrams: bool | UnsetType = UNSET


class ClaimView(Wire, frozen=True):
    """How the tenant stands to the identity: `proven` once the device has called, since `time`.

    `waiting`: claimed at `time`, not heard yet; that holds for 30 days and keeps no other tenant
    from registering the identity. `expired` at `time`; `POST …/claim` begins again. `lost` at
    `time`: the device called and showed to be another tenant's.
    """

    state: ClaimState
    time: datetime


class DeviceView(Wire, frozen=True):
    """A tracker. `lenient` lets frames with a wrong checksum through, flagged as damaged.

    `lastProtocol` is what it spoke when it was last heard; if that is not `protocol`, it calls at
    another port than it is registered for. `options` are empty for callers who may not change
    devices, because they may be passwords; so are `allowedNetworks`. `hasSecret`: one is set.
    `trustDatagrams` lets an engine stop rest on datagrams from the allowed networks, whose sender
    can be forged. `lastRefusal` says who was not allowed to speak for the device last: protocol,
    address and the rule (`protocol`, `network`, `secret`).
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
    allowed_protocols: list[str]
    allowed_networks: list[str]
    has_secret: bool
    trust_datagrams: bool
    claim: ClaimView
    last_refused_time: datetime | None
    last_refusal: str | None
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


class Adoption(Body, frozen=True):
    """What an unknown device is put into: a vehicle that is there, or a new one of this name."""

    vehicle_id: UUID | None = None
    vehicle_name: Name | None = None
