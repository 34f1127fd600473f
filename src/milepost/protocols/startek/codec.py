"""iStartek's codec: cuts the frames and reads each by its command.

Source: iStartek, "GPS tracker Communication Protocol" 1.0, 1.3 and 2.2; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.startek.report import PROTOCOL_NAME, read_report
from milepost.protocols.wire.checksums import sum8
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 8192
_BEGIN, _END = b"&&", b"\r\n"
_HEAD_BYTES = 3
"""The begin and the letter that counts the frames."""
_LONGEST_LENGTH_DIGITS = 4
_CHECK_BYTES = 2


class StartekCodec:
    """One connection of an iStartek device, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """Nothing: the devices wait for no answer."""
        del message
        return b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        content = frame.rstrip(_END)
        if not content:
            return ()
        damaged = _is_damaged(content)
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, "the length or the checksum is wrong")
        words = content[:-_CHECK_BYTES].decode("latin-1").split(",", 3)
        if len(words) < 3 or not (words[1].isascii() and words[1].isalnum()):
            raise ProtocolError(PROTOCOL_NAME, f"identity and command are due in {frame[:60]!r}")
        said = words[3] if len(words) > 3 else ""
        read = _READERS.get(words[2], _answer)
        return (read(words[1], words[2], said, received_time_ms, damaged),)


def _measure(data: bytes, start: int) -> int:
    """The length counts from its own comma to the checksum; a wrong one gives way to the line."""
    if not data.startswith(_BEGIN, start):
        return _skipped(data, start)
    first = start + _HEAD_BYTES
    comma = data.find(b",", first, first + _LONGEST_LENGTH_DIGITS + 1)
    if comma < 0 and len(data) <= first + _LONGEST_LENGTH_DIGITS:
        return -(len(data) - start + 1)
    if comma < 0 or not data[first:comma].isdigit():
        return _skipped(data, start + 1) + 1
    end = comma + int(data[first:comma]) + _CHECK_BYTES + len(_END)
    if len(data) < end:
        return start - end
    if not data.endswith(_END, start, end):
        line_end = data.find(_END, comma)
        if line_end >= 0:
            return line_end + len(_END) - start
    return end - start


def _skipped(data: bytes, start: int) -> int:
    if len(data) - start == 1 and data[start:] == b"&":
        return -2
    following = data.find(_BEGIN, start)
    if following < 0:
        following = len(data) - data.endswith(b"&")
    return following - start


def _is_damaged(content: bytes) -> bool:
    """Whether length or checksum are wrong.

    Raises:
        ProtocolError: it is no frame.
    """
    comma = content.find(b",", _HEAD_BYTES)
    digits = content[_HEAD_BYTES:comma]
    if not content.startswith(_BEGIN) or comma < 0 or not digits.isdigit():
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {content[:16]!r}", offset=0)
    if len(content) - _CHECK_BYTES - comma != int(digits[:8]):
        return True
    return b"%02X" % sum8(content[:-_CHECK_BYTES]) != content[-_CHECK_BYTES:].upper()


def _answer(
    unique_id: str, command: str, said: str, received_time_ms: int, damaged: bool
) -> Message:
    """What the device says to a command, in words."""
    del received_time_ms
    accepted = {"OK": True, "ERROR": False, "FAIL": False}.get(said.upper())
    return Message("response", unique_id, text=said or command, damaged=damaged, accepted=accepted)


def _blocks(
    unique_id: str, command: str, said: str, received_time_ms: int, damaged: bool
) -> Message:
    """710: values of the vehicle in lines, each with the name of its form."""
    del received_time_ms
    lines = (line.partition(",") for line in said.split("\r\n") if line)
    attributes = {f"block:{name}": values for name, _, values in lines}
    attributes = attributes or {f"type:{command}": said}
    return Message("other", unique_id, damaged=damaged, attributes=attributes)


def _raw(unique_id: str, command: str, said: str, received_time_ms: int, damaged: bool) -> Message:
    """020: a report whose compression is not public."""
    del received_time_ms
    attributes = {f"type:{command}": said.encode("latin-1").hex()}
    return Message("other", unique_id, damaged=damaged, attributes=attributes)


_READERS: Mapping[str, Callable[[str, str, str, int, bool], Message]] = {
    "000": read_report,
    "010": read_report,
    "020": _raw,
    "710": _blocks,
}
"""Command -> (identity, command, what follows, time of reception, damaged) -> message."""
