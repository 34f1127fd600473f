"""GoSafe's binary frames: version, type, IMEI, records of groups by a mask, checksum.

Source: captured frames. A group is its length and, but for GPS and ADC, elements: a number and a
length of four bits each, then so many bytes.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.gosafe.groups import (
    ANSWER,
    PROTOCOL_NAME,
    put_odometer,
    put_state,
    put_system,
)
from milepost.protocols.wire.checksums import crc16_xmodem
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

_ESCAPED = ((b"\x1b\xe3", b"\xf8"), (b"\x1b\x00", b"\x1b"))
_HEAD = struct.Struct(">BB7s")
_YEAR_2000_MS = 946_684_800_000
_VALID, _SATELLITES = 0x40, 0x1F
_MASK_BITS = 16
_FEWEST_BYTES = _HEAD.size + 2


def read_binary(frame: bytes, *, lenient: bool, received_time_ms: int) -> Message:
    """The message of a frame between two F8.

    Raises:
        ProtocolError: too short, a wrong checksum that is not let through, or groups that do not
            fill their records.
    """
    if frame[-1] != frame[0]:
        raise ProtocolError(PROTOCOL_NAME, f"no flag closes {frame[:32].hex()}")
    content = frame[1:-1]
    for escaped, byte in _ESCAPED:
        content = content.replace(escaped, byte)
    if len(content) < _FEWEST_BYTES:
        raise ProtocolError(PROTOCOL_NAME, f"a binary frame of {len(content)} bytes holds nothing")
    damaged = crc16_xmodem(content[:-2]) != int.from_bytes(content[-2:], "big")
    if damaged and not lenient:
        raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:32].hex()}")
    _, _, identity = _HEAD.unpack_from(content)
    unique_id = f"{int.from_bytes(identity, 'big'):015d}"
    records = tuple(_records(content[_HEAD.size : -2]))
    positions = tuple(_position(record, received_time_ms, damaged=damaged) for record in records)
    return Message("positions", unique_id, positions, token=ANSWER, damaged=damaged)


def _records(content: bytes) -> Iterator[bytes]:
    """One record alone, or several with their length and a byte before them."""
    if not _has_lengths(content):
        yield content
        return
    at = 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        yield content[at + 3 : end]
        at = end


def _has_lengths(content: bytes) -> bool:
    at = 0
    while at + 2 < len(content):
        at += 2 + int.from_bytes(content[at : at + 2], "big")
    return at == len(content)


def _position(record: bytes, received_time_ms: int, *, damaged: bool) -> Position:
    cursor = Cursor(PROTOCOL_NAME, record)
    seconds, mask = cursor.number(4), cursor.number(2)
    report = Report(_YEAR_2000_MS + seconds * 1000 if seconds else received_time_ms)
    for bit in range(_MASK_BITS):
        if mask >> bit & 1:
            _group(bit, cursor.take(cursor.number(1)), report)
    if cursor.left:
        report.note("rest", cursor.rest().hex())
    return report.position(damaged=damaged)


def _group(bit: int, content: bytes, report: Report) -> None:
    read = _GROUPS.get(bit)
    if read is not None:
        read(content, report)
    elif content.strip(b"\0"):
        report.note(f"group:{bit}", content.hex())


def _elements(content: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    cursor = Cursor(PROTOCOL_NAME, content)
    while cursor.left:
        head = cursor.number(1)
        elements[head >> 4] = cursor.take(head & 0x0F)
    return elements


def _system(content: bytes, report: Report) -> None:
    elements = _elements(content)
    texts = [elements.get(number, b"").decode("latin-1") for number in range(3)]
    put_system([text if text.isprintable() else "" for text in texts], report)


def _fix(content: bytes, report: Report) -> None:
    """A mask, then what it names: state, place in 1e-6°, speed, course, altitude, HDOP, VDOP."""
    cursor = Cursor(PROTOCOL_NAME, content)
    mask = cursor.number(2)
    state = cursor.number(1) if mask & 0x01 else 0
    report.fields["satellites"] = state & _SATELLITES
    if mask & 0x02:
        latitude, longitude = cursor.signed(4) / 1e6, cursor.signed(4) / 1e6
        report.place(latitude, longitude, valid=bool(state & _VALID))
    speed = cursor.number(2) if mask & 0x04 else None
    course = cursor.number(2) if mask & 0x08 else None
    report.motion(speed, course, cursor.signed(2) if mask & 0x10 else None)
    if mask & 0x20:
        report.fields["hdop"] = cursor.number(2) / 100
    if mask & 0x40:
        report.note("vdop", cursor.number(2) / 100)


def _odometer(content: bytes, report: Report) -> None:
    elements = _elements(content)
    hours = elements.get(1)
    hours_s = None if hours is None else int.from_bytes(hours, "big")
    put_odometer(int.from_bytes(elements.get(0, b""), "big"), hours_s, report)


def _voltages(content: bytes, report: Report) -> None:
    """Four bits of number, twelve of a converter whose scale is not public."""
    for (word,) in struct.iter_unpack(">H", content[: len(content) // 2 * 2]):
        report.note(f"adc{(word >> 12) + 1}", word & 0x0FFF)


def _state(content: bytes, report: Report) -> None:
    elements = {key: int.from_bytes(data, "big") for key, data in _elements(content).items()}
    others = [elements.get(number, 0) for number in range(2, 6)]
    put_state(elements.get(0, 0), elements.get(1), others, report)


_GROUPS: Mapping[int, Callable[[bytes, Report], None]] = {
    0: _system,
    1: _fix,
    3: _odometer,
    4: _voltages,
    5: _state,
}
"""By the bit of the mask."""
