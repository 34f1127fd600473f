"""Cuts a TCP stream into frames, and turns frames into messages that survive a bad neighbour."""

from collections.abc import Callable, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import Input, Transport

Measure = Callable[[bytes, int], int]
"""(buffer, start) -> length of the frame that begins at start; where too little of it is there to
say, minus the number of bytes that are needed. Raises ProtocolError for what cannot begin a frame
and cannot be skipped."""

Read = Callable[[bytes, int], Sequence[Message]]
"""(frame, received_time_ms) -> messages. Raises ProtocolError."""


def bytes_of(protocol: str, data: Input) -> bytes:
    """What came over TCP or UDP.

    Raises:
        ProtocolError: it is an HTTP or MQTT message.
    """
    if not isinstance(data, bytes):
        raise ProtocolError(protocol, "bytes are expected, an HTTP or MQTT message came")
    return data


def of_datagram(measure: Measure) -> Measure:
    """The same for a datagram, which has no next part: an unfinished frame ends where it does."""

    def measured(data: bytes, start: int) -> int:
        return min(abs(measure(data, start)), len(data) - start)

    return measured


class FrameStream:
    """One connection's frames. Holds at most `limit_bytes` of an unfinished one.

    A datagram is never unfinished: what is left of it is given to `read` as a frame, which refuses
    it unless it can do without its end.

    The good frames of a read are given out; an error in the same read comes with the next call
    (of which `b""` is one), so that nothing good is lost with the bad.
    """

    def __init__(
        self,
        protocol: str,
        measure: Measure,
        read: Read,
        limit_bytes: int,
        transport: Transport = "tcp",
    ) -> None:
        self._protocol = protocol
        self._measure = of_datagram(measure) if transport == "udp" else measure
        self._read = read
        self._limit_bytes = limit_bytes
        self._unfinished = bytearray()
        self._needed_bytes = 1
        self._error: ProtocolError | None = None

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now.

        Raises:
            ProtocolError: a frame is wrong or would exceed the limit, or no bytes came.
        """
        content = bytes_of(self._protocol, data)
        pending, self._error = self._error, None
        messages: list[Message] = []
        for frame in self._cut(content):
            try:
                messages += self._read(frame, received_time_ms)
            except ProtocolError as bad:
                self._error = self._error or bad
        self._error = pending or self._error
        if self._error is not None and not messages:
            error, self._error = self._error, None
            raise error
        return messages

    def _cut(self, data: bytes) -> Sequence[bytes]:
        if self._unfinished:
            self._unfinished += data
            if len(self._unfinished) < self._needed_bytes:
                return ()
            data = bytes(self._unfinished)
            self._unfinished.clear()
        frames: list[bytes] = []
        try:
            start = self._cut_complete(data, frames)
        except ProtocolError as error:
            self._error = error
            return frames
        if start < len(data):
            self._unfinished += data[start:]
        return frames

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
