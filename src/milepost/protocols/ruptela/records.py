"""Ruptela's records, plain (01) and extended (44), to positions.

Source: "FM Pro, FM Eco & FM Tco Protocols" 1.67, sections 1.1 to 1.4.
"""

import struct
from collections.abc import Iterator

import msgspec

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.ruptela.elements import CARD_PARTS, ELEMENTS, IBUTTON, VIN_PARTS
from milepost.protocols.wire.report import Report

_PROTOCOL = "ruptela"
_COORDINATE_UNIT = 10_000_000
_NO_COORDINATE = -(1 << 31)
_NO_COURSE = _NO_SPEED = 0xFFFF
_NO_ALTITUDE = -32768
_NO_BYTE = 0xFF


class _Dialect(msgspec.Struct, frozen=True):
    """A record's head, and its elements by width in bytes."""

    head: struct.Struct
    elements: tuple[tuple[int, struct.Struct], ...]


def _dialect(head: str, identifier: str) -> _Dialect:
    widths = ((1, "B"), (2, "H"), (4, "I"), (8, "8s"))
    return _Dialect(
        struct.Struct(head),
        tuple((width, struct.Struct(f">{identifier}{letter}")) for width, letter in widths),
    )


# Time, its extension, the record's extension (only extended), priority, longitude, latitude,
# altitude, course, satellites, speed, dilution, event.
_PLAIN = _dialect(">IBBiihHBHBB", "B")
_EXTENDED = _dialect(">IBBBiihHBHBH", "H")


def read_records(content: bytes, *, extended: bool, damaged: bool) -> tuple[Position, ...]:
    """The positions of a frame's content after its command.

    Parts of one extended record, which repeat its time and place, give one position.

    Raises:
        ProtocolError: a record reaches beyond the content, or there is content and no record.
    """
    if len(content) < 2:
        raise ProtocolError(_PROTOCOL, "records without their count")
    reports: list[Report] = []
    offset = 2
    for _ in range(content[1]):
        offset = _record(content, offset, reports, extended=extended)
    if offset != len(content):
        if not reports:
            raise ProtocolError(_PROTOCOL, f"{len(content) - offset} bytes without a record")
        reports[-1].attributes["rest"] = content[offset:].hex()
    return tuple(report.position(damaged=damaged) for report in reports)


def _record(content: bytes, start: int, reports: list[Report], *, extended: bool) -> int:
    dialect = _EXTENDED if extended else _PLAIN
    if start + dialect.head.size > len(content):
        raise ProtocolError(_PROTOCOL, "a record ends within its head", offset=start)
    head = dialect.head.unpack_from(content, start)
    if not extended:
        head = (*head[:2], 0, *head[2:])
    if head[2] & 0x0F and reports and reports[-1].fields["fix_time_ms"] == _time_ms(head):
        report = reports[-1]
    else:
        report = _opened(head)
        reports.append(report)
    offset = start + dialect.head.size
    for width, element in dialect.elements:
        offset = _group(content, offset, width, element, report)
    return offset


def _time_ms(head: tuple[int, ...]) -> int:
    """The n-th record of a second comes n ms later, so that all of them are kept apart."""
    return head[0] * 1000 + head[1]


def _opened(head: tuple[int, ...]) -> Report:
    report = Report(_time_ms(head))
    longitude, latitude, altitude, course, satellites, speed, dilution, event = head[4:]
    fields = report.fields
    if _NO_COORDINATE not in (longitude, latitude):
        known = 0 < satellites < _NO_BYTE
        report.place(latitude / _COORDINATE_UNIT, longitude / _COORDINATE_UNIT, valid=known)
    if "latitude_deg" in fields:
        report.motion(
            None if speed == _NO_SPEED else speed,
            None if course == _NO_COURSE else course / 100,
            None if altitude == _NO_ALTITUDE else altitude / 10,
        )
    if satellites != _NO_BYTE:
        fields["satellites"] = satellites
    if dilution != _NO_BYTE:
        fields["hdop"] = dilution / 10
    fields["event_codes"] = (str(event),)
    return report


def _group(content: bytes, start: int, width: int, element: struct.Struct, report: Report) -> int:
    """The elements of one width: their number, then id and value of each."""
    if start >= len(content):
        raise ProtocolError(_PROTOCOL, "a record ends before its elements", offset=start)
    end = start + 1 + content[start] * element.size
    if end > len(content):
        raise ProtocolError(_PROTOCOL, "a record ends within its elements", offset=start)
    pairs = element.iter_unpack(content[start + 1 : end])
    if width == 8:
        _texts(dict(pairs), report)
        return end
    attributes = report.attributes
    for io_id, value in pairs:
        put = ELEMENTS.get(io_id)
        if put is None:
            attributes[f"io:{io_id}"] = str(value)
        else:
            put(report, value)
    return end


def _texts(values: dict[int, bytes], report: Report) -> None:
    """Elements of eight bytes: keys, cards and the VIN; the others stay in hex."""
    attributes = report.attributes
    for parts, name in CARD_PARTS.items():
        card = _text(values.pop(part, b"") for part in parts)
        if card:
            attributes[name] = card
            if name == "driver1Card":
                attributes.setdefault("driverUniqueId", card)
    key = values.pop(IBUTTON, b"")
    if any(key):
        attributes["driverUniqueId"] = key.hex()
    vin = _text(values.pop(part, b"") for part in VIN_PARTS)
    if vin:
        attributes["vin"] = vin
    for io_id, value in values.items():
        attributes[f"io:{io_id}"] = value.hex()


def _text(parts: Iterator[bytes]) -> str:
    text = b"".join(parts).rstrip(b"\0").decode("latin-1")
    return text.strip() if text.isprintable() else ""
