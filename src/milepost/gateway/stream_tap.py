"""Keeps what one device says on a connection, for as long as it has the connection for itself."""

from collections.abc import Iterable

from milepost.domain.message import Message
from milepost.features.frames.log import Tap
from milepost.gateway.admission import Admitted


class StreamTap:
    """Nothing is kept before the device is known, or if its frames are not to be kept.

    Nothing more is once another device has shown on the connection: what that one says may be
    somebody else's.
    """

    __slots__ = ("_tap", "_unique_id")

    def __init__(self) -> None:
        self._tap: Tap | None = None
        self._unique_id = ""

    @property
    def is_open(self) -> bool:
        """Whether anything is kept."""
        return self._tap is not None

    def open(self, device: Admitted, address: str) -> None:
        """The connection is this device's."""
        self._tap = device.tap("tcp", address)
        self._unique_id = device.unique_id

    def came(self, time_ms: int, data: bytes, outcome: Iterable[Message] | Exception) -> None:
        """The device sent this, and that came of it."""
        if self._tap is None:
            return
        if isinstance(outcome, Exception):
            self._tap.came(time_ms, data, outcome)
            return
        messages = tuple(outcome)
        if any(each.unique_id not in (None, self._unique_id) for each in messages):
            self._tap = None
        else:
            self._tap.came(time_ms, data, messages)

    def went(self, time_ms: int, data: bytes) -> None:
        """The device was sent this."""
        if self._tap is not None:
            self._tap.went(time_ms, data)
