"""StarLink's codec: cuts the frames and reads each by the number of its message.

Source: ERM, "StarLink communication protocol", message structure; captured frames.
"""

from collections.abc import Sequence
from contextlib import suppress

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.starlink.tags import FORMAT, PROTOCOL_NAME, Layout, layout_of
from milepost.protocols.wire.checksums import sum8
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 4096
_BEGIN, _STAR = b"$SLU", b"*"
_CHECK_BYTES = 3
_WAKE_UP, _ANSWER, _EVENT = "01", "03", "06"


class StarlinkCodec:
    """One connection of a StarLink device, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._layout: Layout = layout_of(context.options)
        self._is_layout_known = FORMAT in context.options
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Nothing: the devices are set to wait for no answer."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip():
            return ()
        content = frame[1:-_CHECK_BYTES]
        if not frame.startswith(_BEGIN) or frame[-_CHECK_BYTES : 1 - _CHECK_BYTES] != _STAR:
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16]!r}", offset=0)
        damaged = b"%02X" % sum8(content) != frame[1 - _CHECK_BYTES :].upper()
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, "the checksum is wrong")
        words = content[len(_BEGIN) - 1 :].decode("latin-1").split(",", 3)
        if len(words) < 3 or not (words[0].isascii() and words[0].isalnum()):
            raise ProtocolError(PROTOCOL_NAME, f"identity and message are due in {frame[:60]!r}")
        unique_id, number, index = words[:3]
        said = words[3] if len(words) > 3 else ""
        report = self._event(said, received_time_ms) if number == _EVENT else None
        if report is None:
            return (_other(unique_id, number, said, damaged=damaged),)
        report.attributes["index"] = index
        position = report.position(damaged=damaged)
        return (Message("positions", unique_id, (position,), damaged=damaged),)

    def _event(self, said: str, received_time_ms: int) -> Report | None:
        """Where no layout is set and the usual one is wrong, what speaks for itself; else None.

        Raises:
            ProtocolError: the fields are not of the layout that is set.
        """
        fields = said.split(",")
        try:
            return self._layout.read(fields, received_time_ms)
        except ProtocolError:
            if self._is_layout_known:
                raise
        with suppress(ProtocolError):
            return self._layout.read_evident(fields, received_time_ms)
        return None


def _measure(data: bytes, start: int) -> int:
    """To the checksum, or to the next frame's begin where that comes first."""
    if data[start : start + 1] != b"$":
        following = data.find(b"$", start)
        return (following if following >= 0 else len(data)) - start
    star = data.find(_STAR, start)
    following = data.find(b"$", start + 1, star if star >= 0 else len(data))
    if following >= 0:
        return following - start
    if star < 0:
        return -(len(data) - start + 1)
    return star + _CHECK_BYTES - start


def _other(unique_id: str, number: str, said: str, *, damaged: bool) -> Message:
    """It woke up and tells its versions; the answer to a question; or another message as it is."""
    if number == _ANSWER:
        return Message("response", unique_id, text=said or number, damaged=damaged)
    if number == _WAKE_UP:
        attributes = {"firmware": said.partition(",")[0]} if said else {}
        return Message("login", unique_id, damaged=damaged, attributes=attributes)
    attributes = {f"type:{number}": said}
    return Message("other", unique_id, damaged=damaged, attributes=attributes)
