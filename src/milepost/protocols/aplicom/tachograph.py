"""Aplicom's E protocol: what a digital tachograph says.

Source: Aplicom, "E protocol" specification, data fields by the selector's bits; ISO 16844-7 for
the units; captured frames.
"""

from collections.abc import Callable

from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.report import Report

_METRES_PER_STEP = 5
_NOT_AVAILABLE = 0xFFFF
_VIN_CHARACTERS = 18


def read_tachograph(cursor: Cursor, selector: int, report: Report) -> None:
    """All fields that the selector names, in their order; the cards stay as they came.

    Raises:
        ProtocolError: the content ends before them.
    """
    for bit, read in _FIELDS:
        if selector & bit:
            read(cursor, report)
    if cursor.left:
        report.attributes["rest"] = cursor.rest().hex()


def _event(cursor: Cursor, report: Report) -> None:
    report.attributes["tachograph:event"] = str(cursor.number(2))


def _time(cursor: Cursor, report: Report) -> None:
    report.fields["fix_time_ms"] = cursor.number(4) * 1000


def _clock(cursor: Cursor, report: Report) -> None:
    """The tachograph's own clock: quarters of a second, minute, hour, month, day …"""
    report.attributes["tachograph:clock"] = cursor.take(8).hex()


def _states(cursor: Cursor, report: Report) -> None:
    """The first bytes of TCO1: working states, whether it drives, cards.

    Source: SAE J1939-71, PGN FE6C.
    """
    content = cursor.take(3)
    report.attributes["driver1State"] = str(content[0] & 0x7)
    report.attributes["driver2State"] = str(content[0] >> 3 & 0x7)
    report.note("motion", content[0] >> 6 == 1)
    report.attributes["tachograph:states"] = content.hex()


def _status(cursor: Cursor, report: Report) -> None:
    report.attributes["tachograph:status"] = str(cursor.number(1))


def _speed(cursor: Cursor, report: Report) -> None:
    """In 1/256 km/h."""
    raw = cursor.number(2)
    if raw < 0xFB00:
        report.signals["Vehicle.Speed"] = raw / 256


def _distances(cursor: Cursor, report: Report) -> None:
    """Odometer and trip, in steps of 5 m."""
    odometer, trip = cursor.number(4), cursor.number(4)
    if odometer != 0xFFFFFFFF:
        report.fields["odometer_m"] = float(odometer * _METRES_PER_STEP)
    if trip != 0xFFFFFFFF:
        report.attributes["tripOdometerM"] = str(trip * _METRES_PER_STEP)


def _factor(cursor: Cursor, report: Report) -> None:
    report.attributes["tachograph:factor"] = str(cursor.number(2))


def _engine_speed(cursor: Cursor, report: Report) -> None:
    """In 1/8 revolutions a minute."""
    raw = cursor.number(2)
    if raw < 0xFB00:
        report.fields["engine_rpm"] = raw / 8


def _extra(cursor: Cursor, report: Report) -> None:
    raw = cursor.number(2)
    if raw != _NOT_AVAILABLE:
        report.attributes["tachograph:extra"] = f"{raw:04x}"


def _vin(cursor: Cursor, report: Report) -> None:
    vin = cursor.take(_VIN_CHARACTERS).rstrip(b"\0 \xff").decode("latin-1")
    if vin:
        report.attributes["vin"] = vin


_FIELDS: tuple[tuple[int, Callable[[Cursor, Report], None]], ...] = (
    (0x0008, _event),
    (0x0004, _time),
    (0x0010, _clock),
    (0x0020, _states),
    (0x0040, _status),
    (0x0080, _speed),
    (0x0100, _distances),
    (0x0200, _factor),
    (0x0400, _engine_speed),
    (0x0800, _extra),
    (0x1000, _vin),
)
"""Bit of the selector -> reader, in the order of the wire."""
