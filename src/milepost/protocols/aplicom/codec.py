"""Aplicom's codec: cuts the frames, reads their head, and gives the content to its protocol.

Source: Aplicom, "D protocol" specification, message header; captured frames.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.aplicom.snapshot import read_snapshot
from milepost.protocols.aplicom.tachograph import read_tachograph
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "aplicom"
MAX_BUFFER_BYTES = 8192
_HAS_IMEI, _HAS_SELECTOR, _VERSION = 0x80, 0x40, 0x3F
_VERSIONS = range(1, 4)
_IMEI_BYTES, _UNIT_BYTES, _SELECTOR_BYTES = 7, 3, 3
_DEFAULT_SELECTOR = 0x0002FC
"""Of the D protocol, where a frame has none."""
_IMEI_DIGITS = 15
_SNAPSHOT = ord("D")
_NEXT = re.compile(rb"[DEFH][\xc1-\xc3](?:\x01[\x3d-\x48]|\x03[\x0a-\x13])", re.DOTALL)
"""The head of a frame with an IMEI that begins with 35 or 86, as all do."""


class AplicomCodec:
    """One connection of an Aplicom device, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, _read, MAX_BUFFER_BYTES, context.transport
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


def _begins(data: bytes, at: int) -> bool:
    """Whether a frame can begin here; the last byte of a read is given the benefit of the doubt.

    Only the D protocol has frames without an IMEI and a selector.
    """
    if data[at] not in _READERS:
        return False
    if at + 1 == len(data):
        return True
    version = data[at + 1]
    has_flags = bool(version & (_HAS_IMEI | _HAS_SELECTOR)) or data[at] == _SNAPSHOT
    return has_flags and version & _VERSION in _VERSIONS


def _measure(data: bytes, start: int) -> int:
    """The length counts what is behind the selector; a frame may break off before the next one."""
    if not _begins(data, start):
        candidates = range(start + 1, len(data))
        return next((at for at in candidates if _begins(data, at)), len(data)) - start
    if len(data) - start < 2:
        return -2
    version = data[start + 1]
    head_bytes = 4 + (_IMEI_BYTES if version & _HAS_IMEI else _UNIT_BYTES)
    if len(data) - start < head_bytes:
        return -head_bytes
    length = int.from_bytes(data[start + head_bytes - 2 : start + head_bytes], "big")
    length += head_bytes + (_SELECTOR_BYTES if version & _HAS_SELECTOR else 0)
    broken_off = _NEXT.search(data, start + head_bytes, start + length)
    return length if broken_off is None else broken_off.start() - start


def _read(frame: bytes, received_time_ms: int) -> Sequence[Message]:
    if frame.isdigit():
        # What a device says of itself before its first frame; each frame says it again.
        return ()
    if not _begins(frame, 0) or len(frame) < 2:
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:16].hex()}", offset=0)
    cursor = Cursor(PROTOCOL_NAME, frame)
    protocol, version = cursor.number(1), cursor.number(1)
    number = cursor.number(_IMEI_BYTES if version & _HAS_IMEI else _UNIT_BYTES)
    unique_id = f"{number:0{_IMEI_DIGITS}d}" if version & _HAS_IMEI else str(number)
    length = cursor.number(2)
    selector = cursor.number(_SELECTOR_BYTES) if version & _HAS_SELECTOR else _DEFAULT_SELECTOR
    if cursor.left > length:
        raise ProtocolError(PROTOCOL_NAME, f"{length} bytes are due, {cursor.left} came")
    report = Report(received_time_ms)
    report.event(cursor.number(1))
    report.attributes["eventData"] = str(cursor.number(1))
    _READERS[protocol](cursor, selector, report)
    return (Message("positions", unique_id, (report.position(),)),)


def _read_time(name: str) -> Callable[[Cursor, int, Report], None]:
    """Protocols whose contents are not public, besides the time that they begin with."""

    def read(cursor: Cursor, selector: int, report: Report) -> None:
        del selector
        if cursor.left >= 4:
            report.fields["fix_time_ms"] = cursor.number(4) * 1000
        report.attributes[name] = cursor.rest().hex()

    return read


_READERS: Mapping[int, Callable[[Cursor, int, Report], None]] = {
    _SNAPSHOT: read_snapshot,
    ord("E"): read_tachograph,
    ord("F"): _read_time("type:f"),
    ord("H"): _read_time("type:h"),
}
"""Protocol -> (content behind the event, selector, report)."""
