"""What a client may ask for: typed requests, and the table that decodes them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from milepost.errors import InvalidInput
from milepost.live.channels import Channel, parse_channel
from milepost.live.messages import RequestId


class Bounds(NamedTuple):
    """A viewport in degrees; west > east means that it crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, latitude_deg: float, longitude_deg: float) -> bool:
        """Whether the point is inside; the edges are."""
        if not self.south <= latitude_deg <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude_deg <= self.east
        return longitude_deg >= self.west or longitude_deg <= self.east


class Place(NamedTuple):
    """How far a client got in a channel's history."""

    epoch: str
    offset: int


class Subscribe(msgspec.Struct, frozen=True):
    """Start, resume or change a subscription."""

    request_id: RequestId | None
    channel: Channel
    bounds: Bounds | None
    resume: Place | None


class Unsubscribe(msgspec.Struct, frozen=True):
    """End a subscription of this connection."""

    request_id: RequestId | None
    channel: Channel


class Ping(msgspec.Struct, frozen=True):
    """The client asks whether we are there."""

    request_id: RequestId | None


class Pong(msgspec.Struct, frozen=True):
    """The client is there."""


class Custom(msgspec.Struct, frozen=True):
    """A message that only asks to be acknowledged."""

    request_id: RequestId | None


Request = Subscribe | Unsubscribe | Ping | Pong | Custom


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    """What every message of a client has."""

    type: str
    request_id: RequestId | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Params(msgspec.Struct, frozen=True):
    bounds: tuple[float, float, float, float] | None = None


class _SubscribeData(msgspec.Struct, frozen=True):
    channel: str
    params: _Params | None = None
    epoch: str | None = None
    offset: int | None = None


class _UnsubscribeData(msgspec.Struct, frozen=True):
    channel: str


def _bounds(params: _Params | None) -> Bounds | None:
    if params is None or params.bounds is None:
        return None
    bounds = Bounds(*params.bounds)
    longitudes_fit = -180 <= bounds.west <= 180 and -180 <= bounds.east <= 180
    if not (longitudes_fit and -90 <= bounds.south <= bounds.north <= 90):
        raise InvalidInput("params.bounds", params.bounds, "[west, south, east, north] in degrees")
    return bounds


def _subscribe(envelope: Envelope) -> Request:
    data = msgspec.json.decode(envelope.data, type=_SubscribeData)
    resume = None
    if data.epoch is not None and data.offset is not None:
        resume = Place(data.epoch, data.offset)
    channel = parse_channel(data.channel)
    return Subscribe(envelope.request_id, channel, _bounds(data.params), resume)


def _unsubscribe(envelope: Envelope) -> Request:
    data = msgspec.json.decode(envelope.data, type=_UnsubscribeData)
    return Unsubscribe(envelope.request_id, parse_channel(data.channel))


PARSERS: Mapping[str, Callable[[Envelope], Request]] = MappingProxyType(
    {
        "subscribe": _subscribe,
        "unsubscribe": _unsubscribe,
        "ping": lambda envelope: Ping(envelope.request_id),
        "pong": lambda _: Pong(),
        "custom": lambda envelope: Custom(envelope.request_id),
    }
)
