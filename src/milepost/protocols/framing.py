"""Cuts a TCP stream into frames without copying it again for every read."""

from collections.abc import Callable

from milepost.errors import ProtocolError

Measure = Callable[[bytes, int], int]
"""(buffer, start) -> length of the frame that begins at start; where the header is not complete
yet, minus the number of bytes that are needed to say. Raises ProtocolError for what cannot begin
a frame."""


class FrameCutter:
    """Holds the unfinished frame of one connection, at most `limit_bytes` of it.

    Frames that precede a bad one in the same read are given out; the error comes with the next
    call, so that nothing good is lost with it.
    """

    def __init__(self, protocol: str, measure: Measure, limit_bytes: int) -> None:
        self._protocol = protocol
        self._measure = measure
        self._limit_bytes = limit_bytes
        self._unfinished = bytearray()
        self._needed_bytes = 1
        self._error: ProtocolError | None = None

    def cut(self, data: bytes) -> list[bytes]:
        """The frames that are complete now.

        Raises:
            ProtocolError: the bytes cannot begin a frame, or the frame would exceed the limit.
        """
        self._raise_pending()
        if self._unfinished:
            self._unfinished += data
            if len(self._unfinished) < self._needed_bytes:
                return []
            data = bytes(self._unfinished)
            self._unfinished.clear()
        frames: list[bytes] = []
        try:
            start = self._cut_complete(data, frames)
        except ProtocolError as error:
            if not frames:
                raise
            self._error = error
            return frames
        if start < len(data):
            self._unfinished += data[start:]
        return frames

    def _raise_pending(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _cut_complete(self, data: bytes, frames: list[bytes]) -> int:
        start, end = 0, len(data)
        self._needed_bytes = 1
        while start < end:
            length = self._measure(data, start)
            if abs(length) > self._limit_bytes:
                reason = f"a frame of {abs(length)} bytes came, allowed are {self._limit_bytes}"
                raise ProtocolError(self._protocol, reason, offset=start)
            if length <= 0 or start + length > end:
                self._needed_bytes = abs(length)
                break
            frames.append(data[start : start + length] if start or length < end else data)
            start += length
        return start
