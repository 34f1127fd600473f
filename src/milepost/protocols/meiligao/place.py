"""Meiligao's place as text: an NMEA sentence without its name, and values between `|`.

Source: "Meiligao GPRS Communication Protocol" V2.1, annex 1; captured frames.
"""

import re
from collections.abc import Sequence

from milepost.errors import ProtocolError
from milepost.protocols.meiligao.frame import PROTOCOL_NAME
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT
from milepost.protocols.wire.text_fields import TextFields

_FIELDS = TextFields(PROTOCOL_NAME)
_FEWEST_FIELDS = 9
_UNSET_YEARS = ("8", "9")
_TAG_DATE_AT = 1
_BASE_LENGTHS = (16, 20)
_CARD = re.compile(r"\^([^^]*)\^.*?;(\d+)=?[^+]*(?:\+\s*\S+\s+\S+\s+(\S+))?")


def read_place(text: str, received_time_ms: int) -> Report:
    """`hhmmss.sss,A,ddmm.mmmm,N,dddmm.mmmm,E,knots,course,ddmmyy,…|HDOP|altitude|state|AD|…`.

    Raises:
        ProtocolError: too few fields, or one that is not what it has to be.
    """
    sentence, *values = text.split("|")
    fields = sentence.split(",")
    if len(fields) < _FEWEST_FIELDS or fields[1] not in ("A", "V"):
        raise ProtocolError(PROTOCOL_NAME, f"a place is due, {text[:60]!r} came")
    report = _timed(fields[8], fields[0], received_time_ms)
    report.place(
        _FIELDS.degrees("latitude", fields[2] or "0", fields[3]),
        _FIELDS.degrees("longitude", fields[4] or "0", fields[5]),
        valid=fields[1] == "A",
    )
    _values(values, report)
    if "latitude_deg" in report.fields:
        speed_kmh = _FIELDS.number("speed", fields[6] or "0") * KMH_PER_KNOT
        course = _FIELDS.number("course", fields[7]) if fields[7] else None
        altitude = values[1] if len(values) > 1 else ""
        altitude_m = _FIELDS.number("altitude", altitude) if altitude else None
        report.motion(speed_kmh, course, altitude_m)
    return report


def _timed(day: str, time: str, received_time_ms: int) -> Report:
    """A receiver that was never set says 1980 or 1999."""
    if day[4:5] in _UNSET_YEARS:
        report = Report(received_time_ms)
        report.note("timeEstimated", "true")
        return report
    return Report(date_ms(PROTOCOL_NAME, day, "DMY") + time_of_day_ms(PROTOCOL_NAME, time))


def read_tag_place(text: str, received_time_ms: int) -> Report:
    """`hhmmss,ddmmyy,ddmm.mmmm,N,dddmm.mmmm,E` of a card that was read.

    Raises:
        ProtocolError: too few fields, or one that is not what it has to be.
    """
    fields = text.split(",")
    if len(fields) < 6:
        raise ProtocolError(PROTOCOL_NAME, f"a card's place is due, {text[:60]!r} came")
    report = _timed(fields[_TAG_DATE_AT], fields[0], received_time_ms)
    report.place(
        _FIELDS.degrees("latitude", fields[2] or "0", fields[3]),
        _FIELDS.degrees("longitude", fields[4] or "0", fields[5]),
        valid=True,
    )
    return report


def _values(values: Sequence[str], report: Report) -> None:
    if values and values[0]:
        hdop = _FIELDS.number("HDOP", values[0])
        if hdop > 0:
            report.fields["hdop"] = hdop
    if len(values) > 2 and values[2]:
        state = _FIELDS.whole("state", values[2], 16)
        report.attributes["inputs"] = str(state >> 8 & 0xFF)
        report.attributes["outputs"] = str(state & 0xFF)
    if len(values) > 3:
        for number, raw in enumerate(values[3].split(","), 1):
            if raw:
                report.attributes[f"adc{number}"] = str(_FIELDS.whole("AD", raw, 16))
    if len(values) <= 4:
        return
    if len(values[4]) in _BASE_LENGTHS:
        _radio(values[4:], report)
    else:
        _odometer(values[4:], report)


def _odometer(values: Sequence[str], report: Report) -> None:
    """Of models without a base's identity: metres in decimal."""
    if values[0].isascii() and values[0].isdecimal():
        report.fields["odometer_m"] = float(values[0])
    elif values[0]:
        report.note("field:odometer", values[0])
    if any(values[1:]):
        report.note("extra", ",".join(values[1:]))


def _radio(values: Sequence[str], report: Report) -> None:
    """Base, signal, journey in metres, satellites, all in hex; a driver's card."""
    base = _FIELDS.whole("base", values[0], 16)
    cell_bits = 4 * (len(values[0]) - 12)
    country, network = base >> 32 + cell_bits & 0xFFFF, base >> 16 + cell_bits & 0xFFFF
    if country:
        area, cell = base >> cell_bits & 0xFFFF, base & (1 << cell_bits) - 1
        report.note("cell", cell_text(country, network, area, cell))
    if len(values) > 1 and values[1]:
        report.note("gsmSignal", _FIELDS.whole("signal", values[1], 16))
    if len(values) > 2 and values[2]:
        report.fields["odometer_m"] = float(_FIELDS.whole("journey", values[2], 16) & 0xFFFF_FFFF)
    if len(values) > 3 and values[3]:
        report.fields["satellites"] = _FIELDS.whole("satellites", values[3], 16) & 0xFF
    if len(values) > 4 and values[4].strip():
        _card("|".join(values[4:]).strip(), report)


def _card(text: str, report: Report) -> None:
    """A driving licence's magnetic stripes, or a card's number."""
    match = _CARD.search(text)
    if match is None:
        report.note("driverUniqueId", text)
        return
    name, number, licence = match.groups()
    report.note("driverUniqueId", number)
    if name:
        report.note("driverName", name.replace("$", " ").strip())
    if licence:
        report.note("driverLicense", licence)
