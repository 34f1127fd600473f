"""GT06: Concox, Jimi and their many clones.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1; captured frames where clones differ.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.gt06.encoder import frame_of
from milepost.protocols.gt06.frame_types import TYPES
from milepost.protocols.gt06.network import COUNTED_TYPES, read_counted_stations
from milepost.protocols.gt06.report import FrameReport, looks_like_location, read_location
from milepost.protocols.wire.checksums import crc16_x25
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.framing import FrameStream

_PROTOCOL = "gt06"
MAX_BUFFER_BYTES = 8192
_LINE_END = b"\r\n"
_HEADERS = (b"\x78\x78", b"\x79\x79")
_LOGIN = 0x01
_IMEI_BYTES = 8
_TIME_REQUEST = 0x8A
_WEST = 0x08


class Gt06Codec:
    """One GT06 connection."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._offset_s = utc_offset_s(context.options)
        self._stream = FrameStream(_PROTOCOL, _measure, self._frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The same type and serial number; the time for a time request."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device hears no answer and tries again later."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip(_LINE_END):
            return ()
        if frame[:2] not in _HEADERS:
            reason = f"{len(frame)} bytes before the next header"
            raise ProtocolError(_PROTOCOL, reason, offset=0)
        head_bytes = _head_bytes(frame, 0)
        whole = _checksum_holds(frame, head_bytes)
        if not whole and not self._lenient:
            raise ProtocolError(_PROTOCOL, f"wrong or no checksum in {frame[:32].hex()}")
        if len(frame) < head_bytes + 3:
            raise ProtocolError(_PROTOCOL, f"a frame of {len(frame)} bytes holds nothing")
        return (self._message(frame, head_bytes, received_time_ms, whole=whole),)

    def _message(
        self, frame: bytes, head_bytes: int, received_time_ms: int, *, whole: bool
    ) -> Message:
        frame_type = frame[head_bytes]
        content, token = _parts(frame, head_bytes, whole=whole)
        if frame_type == _LOGIN:
            return _login(content, token, damaged=not whole)
        if frame_type == _TIME_REQUEST:
            answer = _time_answer(token, received_time_ms)
            return Message("other", token=answer, damaged=not whole)
        report = FrameReport(received_time_ms, self._offset_s)
        if token or frame_type not in COUNTED_TYPES:
            kind = _read(frame_type, content, report)
        else:
            kind = "positions"
            read_counted_stations(content, frame[2], report)
        return _told(kind, report, content, token, damaged=not whole)


def _head_bytes(data: bytes, start: int) -> int:
    return 4 if data[start] == 0x79 else 3


def _measure(data: bytes, start: int) -> int:
    """Length to the end of the checksum; the line end is a frame of its own, and so is garbage.

    Some clones miscount, and some have no checksum: their frames end at the line end.
    """
    if data[start : start + 2] not in _HEADERS:
        return _garbage(data, start)
    head_bytes = _head_bytes(data, start)
    if len(data) - start < head_bytes:
        return -head_bytes
    announced = int.from_bytes(data[start + 2 : start + head_bytes], "big")
    length = head_bytes + announced
    if len(data) - start < length:
        return _short_login(data, start, head_bytes) or length
    if announced >= 5 and _checksum_holds(data[start : start + length], head_bytes):
        return length
    line_end = data.find(_LINE_END, start + max(length - 2, head_bytes))
    if line_end < 0:
        return -(len(data) - start + 1)
    return line_end - start


def _short_login(data: bytes, start: int, head_bytes: int) -> int:
    """Some clones announce more than they send; a login, all digits, can be told to be whole."""
    available = len(data) - start - len(_LINE_END)
    is_whole = data.endswith(_LINE_END) and available > head_bytes + _IMEI_BYTES
    return available if is_whole and data[start + head_bytes] == _LOGIN else 0


def _garbage(data: bytes, start: int) -> int:
    if data[start] in _LINE_END:
        return 1
    if len(data) - start == 1 and data[start] in b"\x78\x79":
        return -2
    found = [at for at in (data.find(header, start) for header in _HEADERS) if at >= 0]
    return min(found, default=len(data)) - start


def _checksum_holds(frame: bytes, head_bytes: int) -> bool:
    """Whether the frame is as long as it says and its last two bytes are its checksum."""
    announced = int.from_bytes(frame[2:head_bytes], "big")
    if announced < 5 or len(frame) != head_bytes + announced:
        return False
    return crc16_x25(frame[2:-2]) == int.from_bytes(frame[-2:], "big")


def _parts(frame: bytes, head_bytes: int, *, whole: bool) -> tuple[bytes, bytes]:
    """The content after the type, and the answer's bytes.

    Clones that miscount leave out serial number and checksum.
    """
    announced = int.from_bytes(frame[2:head_bytes], "big")
    if not whole and len(frame) != head_bytes + announced:
        return frame[head_bytes + 1 :], b""
    if announced < 5:
        return b"", b""
    answer = frame_of(frame[head_bytes], b"", frame[-4:-2], extended=head_bytes == 4)
    return frame[head_bytes + 1 : -4], answer


def _login(content: bytes, token: bytes, *, damaged: bool) -> Message:
    """IMEI, perhaps the kind of device, perhaps its time zone and language."""
    if len(content) < _IMEI_BYTES:
        raise ProtocolError(_PROTOCOL, f"a login of {len(content)} bytes, due are 8 or more")
    unique_id = content[:_IMEI_BYTES].hex().removeprefix("0")
    attributes: dict[str, str] = {}
    if len(content) >= _IMEI_BYTES + 2:
        attributes["model"] = content[_IMEI_BYTES : _IMEI_BYTES + 2].hex()
    if len(content) >= _IMEI_BYTES + 4:
        attributes["timeZone"] = _zone(int.from_bytes(content[10:12], "big"))
    return Message("login", unique_id, (), None, token, damaged, attributes)


def _zone(bits: int) -> str:
    """Hours and minutes as a number of hundreds in the upper twelve bits; bit 3: west."""
    hours, minutes = divmod(bits >> 4, 100)
    return f"{'-' if bits & _WEST else '+'}{hours:02d}:{minutes:02d}"


def _told(
    kind: MessageKind, report: FrameReport, content: bytes, token: bytes, *, damaged: bool
) -> Message:
    positions: tuple[Position, ...] = ()
    if report.says_something:
        positions = (report.position(damaged=damaged),)
    elif kind == "positions" and not content:
        kind = "heartbeat"
    return Message(
        kind,
        report.unique_id,
        positions,
        report.text,
        token,
        damaged,
        reference=report.reference,
        accepted=report.accepted,
    )


def _read(frame_type: int, content: bytes, report: FrameReport) -> MessageKind:
    """Read the parts. Devices shorten the later ones at will: what was read before stays."""
    if not content:
        return "positions"
    known = TYPES.get(frame_type)
    cursor = Cursor(_PROTOCOL, content)
    if known is None:
        if looks_like_location(content):
            read_location(cursor, report)
        report.attributes[f"type:{frame_type:02x}"] = cursor.rest().hex()
        return "positions" if "latitude_deg" in report.fields else "other"
    for part in known.parts:
        try:
            part(cursor, report)
        except ProtocolError:
            if not report.says_something:
                raise
            report.attributes["rest"] = cursor.rest().hex()
            break
    return known.kind


def _time_answer(token: bytes, received_time_ms: int) -> bytes:
    """The answer to a time request holds the time in UTC."""
    now = datetime.fromtimestamp(received_time_ms // 1000, UTC)
    content = bytes((now.year % 100, now.month, now.day, now.hour, now.minute, now.second))
    return frame_of(_TIME_REQUEST, content, token[4:6]) if token else b""
