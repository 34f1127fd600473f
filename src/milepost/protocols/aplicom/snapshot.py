"""Aplicom's D protocol: a snapshot of place, inputs, counters and the event's own data.

Source: Aplicom, "D protocol" specification, data fields by the selector's bits; captured frames.
"""

from collections.abc import Callable

from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

_DEGREES = 1e-6
_VALID = 0x40
_TIME, _PLACE = 0x0004, 0x0008
_INPUTS, _COURSE_STEP_DEG = 8, 2


def read_snapshot(cursor: Cursor, selector: int, report: Report) -> None:
    """All fields that the selector names, in their order.

    Raises:
        ProtocolError: the content ends before them.
    """
    valid = True
    if selector & _PLACE:
        valid = bool(cursor.number(1) & _VALID)
    if selector & _TIME:
        report.fields["fix_time_ms"] = cursor.number(4) * 1000
    if selector & _PLACE:
        _place(cursor, report, valid=valid)
    for bit, read in _FIELDS:
        if selector & bit:
            read(cursor, report)
    if cursor.left:
        report.attributes["rest"] = cursor.rest().hex()


def _place(cursor: Cursor, report: Report, *, valid: bool) -> None:
    time_s, latitude, longitude = cursor.number(4), cursor.signed(4), cursor.signed(4)
    report.place(latitude * _DEGREES, longitude * _DEGREES, valid=valid)
    if valid and time_s and "latitude_deg" in report.fields:
        report.fields["fix_time_ms"] = time_s * 1000
    report.fields["satellites"] = cursor.number(1)


def _motion(cursor: Cursor, report: Report) -> None:
    speed, greatest, course = cursor.take(3)
    report.motion(speed, course * _COURSE_STEP_DEG)
    report.attributes["maxSpeedKmh"] = str(greatest)


def _inputs(cursor: Cursor, report: Report) -> None:
    inputs = cursor.number(1)
    report.attributes["inputs"] = str(inputs)
    for number in range(_INPUTS):
        report.attributes[f"din{number + 1}"] = str(inputs >> number & 1)


def _analogue(cursor: Cursor, report: Report) -> None:
    for number in range(1, 5):
        report.attributes[f"adc{number}"] = str(cursor.number(2))


def _voltages(cursor: Cursor, report: Report) -> None:
    """In millivolts."""
    report.fields["battery_v"] = cursor.number(2) / 1000
    report.attributes["trackerBatteryV"] = repr(cursor.number(2) / 1000)


def _pulses(number: int) -> Callable[[Cursor, Report], None]:
    def read(cursor: Cursor, report: Report) -> None:
        report.attributes[f"frequency{number}Hz"] = str(cursor.number(2))
        report.attributes[f"counter{number}"] = str(cursor.number(4))

    return read


def _number(name: str, length: int) -> Callable[[Cursor, Report], None]:
    def read(cursor: Cursor, report: Report) -> None:
        report.attributes[name] = str(cursor.number(length))

    return read


def _key(cursor: Cursor, report: Report) -> None:
    """An iButton or card, as its number."""
    number = cursor.number(6)
    if number:
        report.attributes["driverUniqueId"] = str(number)


def _altitude(cursor: Cursor, report: Report) -> None:
    report.motion(None, None, cursor.signed(2))


def _status(cursor: Cursor, report: Report) -> None:
    report.attributes["status"] = cursor.take(8).hex()


def _cells(cursor: Cursor, report: Report) -> None:
    report.attributes["network"] = cursor.take(11).hex()


def _event_data(cursor: Cursor, report: Report) -> None:
    """What the event adds: texts stay texts, all else is hex."""
    content = cursor.rest()
    text = content.decode("latin-1").strip()
    if text and text.isascii() and text.isprintable():
        report.attributes["serial"] = text
    elif content:
        report.attributes["data"] = content.hex()


_FIELDS: tuple[tuple[int, Callable[[Cursor, Report], None]], ...] = (
    (0x0010, _motion),
    (0x0040, _inputs),
    (0x0020, _analogue),
    (0x8000, _voltages),
    (0x10000, _pulses(1)),
    (0x20000, _pulses(2)),
    (0x0080, _number("trip:1", 4)),
    (0x0100, _number("trip:2", 4)),
    (0x0040, _number("outputs", 1)),
    (0x0200, _key),
    (0x0400, _number("keypad:1", 1)),
    (0x0800, _altitude),
    (0x2000, _number("index", 2)),
    (0x4000, _status),
    (0x80000, _cells),
    (0x1000, _event_data),
)
"""Bit of the selector -> reader, in the order of the wire."""
