"""A device's frames on the wire."""

from datetime import datetime
from typing import Any

from milepost.features.frames.log import Direction
from milepost.features.wire import Wire
from milepost.protocols.contract import Transport


class FrameView(Wire, frozen=True):
    """One read from, or write to, a device.

    `messages` are what this read completed, as `milepost decode` prints them: a frame that came in
    two reads stands with the second. `error` says why it could not be decoded.
    """

    number: int
    time: datetime
    direction: Direction
    transport: Transport
    address: str
    hex: str
    messages: list[dict[str, Any]]
    error: str | None


class FramePage(Wire, frozen=True):
    """The frames after a number, the oldest first; `keeping` is whether more are kept."""

    items: list[FrameView]
    keeping: bool
    last: int
