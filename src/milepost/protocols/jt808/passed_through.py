"""Messages that pass data through (0900): diagnostics of the vehicle, readers of cards, texts.

Source: JT/T 808-2019, table 92; captured frames for the kinds 40, 41 and F0.
"""

from collections.abc import Callable, Mapping

from milepost.protocols.jt808 import diagnostics
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.location import read_place, read_status, time_ms_of
from milepost.protocols.jt808.readers import text_of
from milepost.protocols.wire.bus_readings import note_codes
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

_REAL_TIME, _CARD_READER = "$OBD-RT", "GTSL"
_ARCHIVED = 1
_VIN_LENGTH = 17
_FIXED = 2

_EVENTS: Mapping[int, str] = {
    0x01: "power_restored",
    0x02: "power_cut",
    0x1A: "harsh_acceleration",
    0x1B: "harsh_braking",
    0x1C: "harsh_cornering",
}


def read_passed_through(body: bytes, received_time_ms: int, offset_s: int) -> Report:
    """The kind's reader; a kind without one is kept as text or hex.

    Raises:
        ProtocolError: a diagnostic list that ends too early.
    """
    kind, content = body[0], body[1:]
    time_ms = time_ms_of(content[:6].ljust(6, b"\xff"), offset_s)
    if kind == _DIAGNOSTICS and time_ms is not None and len(content) >= _SHORTEST_BYTES:
        return _read_diagnostics(content, time_ms, offset_s)
    report = Report(received_time_ms)
    _read_text(report, kind, content)
    return report


_DIAGNOSTICS = 0xF0
_SHORTEST_BYTES = 9


def _read_text(report: Report, kind: int, content: bytes) -> None:
    at = content.find(_CARD_READER.encode())
    if 0 <= at <= 2:
        read_card_reader(report, text_of(content[at:]))
    elif diagnostics.read_text(report, content):
        report.attributes["obdProtocol"] = _REAL_TIME
    else:
        report.attributes[f"passed:{kind:02x}"] = text_of(content)


def read_card_reader(report: Report, text: str) -> None:
    """`GTSL|6|1|0|card|1|`: the fifth field is the driver's card."""
    report.attributes["serial"] = text
    fields = text.split("|")
    if len(fields) > 4 and fields[4]:
        report.attributes["driverUniqueId"] = fields[4]


def _read_diagnostics(content: bytes, time_ms: int, offset_s: int) -> Report:
    """Time, whether from memory, kind of vehicle, kind of content, that, status and place, time."""
    report = Report(time_ms)
    cursor = Cursor(PROTOCOL_NAME, content)
    cursor.take(6)
    if cursor.number(1) == _ARCHIVED:
        report.note("archive", value=True)
    cursor.number(1)
    part = cursor.number(1)
    read = _PARTS.get(part)
    if read is None:
        report.attributes[f"passed:f0:{part:02x}"] = cursor.rest().hex()
        return report
    read(report, cursor)
    _read_place(report, cursor, offset_s)
    return report


def _read_place(report: Report, cursor: Cursor, offset_s: int) -> None:
    """Status word and place, and their time; what is cut off is left out."""
    if cursor.left < 12:
        return
    status, latitude, longitude = cursor.number(4), cursor.number(4), cursor.number(4)
    fix_time_ms = time_ms_of(cursor.take(6), offset_s) if cursor.left >= 6 else None
    if fix_time_ms is not None:
        report.fields["fix_time_ms"] = fix_time_ms
    read_status(report, status)
    read_place(report, status, latitude, longitude, valid=bool(status & _FIXED))


def _parameters(report: Report, cursor: Cursor) -> None:
    for _ in range(cursor.number(1)):
        item_id = cursor.number(2)
        item = cursor.take(cursor.number(1))
        diagnostics.read_parameter(report, item_id, item)


def _trouble_codes(report: Report, cursor: Cursor) -> None:
    """Of each control unit its number and its codes: number, state, text."""
    codes = []
    for _ in range(cursor.number(2)):
        cursor.number(4)
        for _ in range(cursor.number(2)):
            cursor.take(8)
            codes.append(text_of(cursor.take(cursor.number(2))))
    note_codes(report, codes)


def _events(report: Report, cursor: Cursor) -> None:
    """Identity, length, content of each."""
    for _ in range(cursor.number(1)):
        event = cursor.number(1)
        data = cursor.take(cursor.number(1))
        report.event(event)
        report.alarm(_EVENTS.get(event))
        if data:
            report.attributes["eventData"] = data.hex()


def _vin(report: Report, cursor: Cursor) -> None:
    if cursor.number(1):
        report.attributes["vin"] = text_of(cursor.take(_VIN_LENGTH))


_PARTS: Mapping[int, Callable[[Report, Cursor], None]] = {
    0x01: _parameters,
    0x02: _trouble_codes,
    0x03: _events,
    0x0B: _vin,
}
