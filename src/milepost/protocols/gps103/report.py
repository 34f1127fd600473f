"""GPS103's reports: by the receiver (`F`), without it (`L`), and one with decimal degrees.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, sections 4.1 and 4.2; captured frames.
"""

from collections.abc import Sequence

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.gps103.fields import (
    FIELDS,
    PROTOCOL_NAME,
    LocalClock,
    number_or_none,
    percent,
)
from milepost.protocols.gps103.keywords import meaning_of
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT

_KEYWORD, _LOCAL_TIME, _NOTE, _SOURCE, _UTC, _VALIDITY = 1, 2, 3, 4, 5, 6
_LATITUDE, _LONGITUDE, _SPEED, _COURSE, _ALTITUDE = 7, 9, 11, 12, 13
_IGNITION, _DOOR, _FUEL_1, _FUEL_2, _TEMPERATURE = 14, 15, 16, 17, 18
_FIELD_COUNT = 19
_DRIVER, _FAULT = "rfid", "DTC"
_OIL = ("oil1", "oil2")
_DECIMAL_FIELDS = 19


def read_report(fields: Sequence[str], clock: LocalClock, received_time_ms: int) -> Position:
    """A report with a keyword, by the receiver or with a cell alone.

    Raises:
        ProtocolError: no report, or a field that is not what it has to be.
    """
    fields = (*fields, *("",) * (_FIELD_COUNT - len(fields)))
    keyword, source = fields[_KEYWORD], fields[_SOURCE]
    if keyword == "vr":
        return _picture(fields, received_time_ms)
    if source not in ("F", "L"):
        raise ProtocolError(PROTOCOL_NAME, f"{keyword}: F or L is due, {source!r} came")
    utc = fields[_UTC] if source == "F" else ""
    report = Report(clock.utc_ms(fields[_LOCAL_TIME], utc, received_time_ms))
    _keyword(keyword, report)
    _note(keyword, fields[_NOTE], report)
    if source == "L":
        _cell(fields[_LATITUDE], fields[_LONGITUDE], report)
    else:
        _fix(fields, report)
    _inputs(keyword, fields, report)
    return report.position()


def _keyword(keyword: str, report: Report) -> None:
    meaning = meaning_of(keyword)
    report.alarm(meaning.alarm)
    if meaning.ignition is not None:
        report.fields["ignition"] = meaning.ignition
    if keyword:
        report.event(keyword)
    if keyword.startswith("T:"):
        temperature_c = number_or_none(keyword[2:])
        if temperature_c is not None:
            report.note("temp1C", temperature_c)
    elif keyword.startswith("oil "):
        _fuel("fuelSensor1Pct", keyword[4:], report)


def _note(keyword: str, text: str, report: Report) -> None:
    """A phone, a card, or the battery's charge: what the field is depends on the device."""
    if not text:
        return
    if keyword == _DRIVER:
        report.note("driverUniqueId", text)
    elif text.endswith("%"):
        charge_pct = percent(text)
        if charge_pct is not None:
            report.note("trackerBatteryPct", charge_pct)
    elif len(text) >= 7:
        report.note("phone", text)


def _cell(area: str, cell: str, report: Report) -> None:
    """Without a fix the coordinates' places have the cell in hex."""
    for name, text in (("areaCode", area), ("cellId", cell)):
        if text:
            report.note(name, FIELDS.whole(name, text, 16))


def _fix(fields: Sequence[str], report: Report) -> None:
    latitude = FIELDS.degrees("latitude", fields[_LATITUDE] or "0", fields[_LATITUDE + 1])
    longitude = FIELDS.degrees("longitude", fields[_LONGITUDE] or "0", fields[_LONGITUDE + 1])
    report.place(latitude, longitude, valid=fields[_VALIDITY] == "A")
    speed_kn = number_or_none(fields[_SPEED])
    report.motion(
        None if speed_kn is None else speed_kn * KMH_PER_KNOT,
        number_or_none(fields[_COURSE]),
        number_or_none(fields[_ALTITUDE]),
    )


def _inputs(keyword: str, fields: Sequence[str], report: Report) -> None:
    if fields[_IGNITION] in ("0", "1"):
        report.fields.setdefault("ignition", fields[_IGNITION] == "1")
    if fields[_DOOR] in ("0", "1"):
        report.note("door", fields[_DOOR] == "1")
    if keyword in _OIL:
        _oil(fields[_DOOR], fields[_FUEL_1], report)
        return
    _fuel("fuelSensor1Pct", fields[_FUEL_1], report)
    if keyword == _FAULT:
        report.note("dtcs", fields[_FUEL_2])
    else:
        _second_fuel(fields[_FUEL_2], report)
    temperature_c = number_or_none(fields[_TEMPERATURE])
    if temperature_c is not None:
        report.note("temp1C", temperature_c)


def _oil(before: str, after: str, report: Report) -> None:
    """`oil1` and `oil2`: the level changed by much; whether it fell says if it leaked."""
    before_pct, after_pct = percent(before), percent(after)
    if before_pct is None or after_pct is None:
        return
    report.alarm("fuel_leak" if after_pct < before_pct else "refuel")
    report.note("fuelSensor1Pct", after_pct)
    report.fields["fuel_level_pct"] = after_pct


def _fuel(name: str, text: str, report: Report) -> None:
    """A fuel sensor; 0 is what a device without one says, so it is no level of a tank."""
    level_pct = percent(text)
    if level_pct is None:
        return
    report.note(name, level_pct)
    if level_pct > 0:
        report.fields.setdefault("fuel_level_pct", level_pct)


def _second_fuel(text: str, report: Report) -> None:
    """A second sensor; devices at the vehicle's diagnostic plug write their odometer, km."""
    if text.endswith("%"):
        level_pct = percent(text)
        if level_pct is not None:
            report.note("fuelSensor2Pct", level_pct)
    elif text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) < 10_000_000:
        report.fields["odometer_m"] = int(text) * 1000.0


def _picture(fields: Sequence[str], received_time_ms: int) -> Position:
    """`vr`: a part of a picture in hex."""
    data = fields[_LOCAL_TIME]
    try:
        bytes.fromhex(data)
    except ValueError as error:
        raise ProtocolError(
            PROTOCOL_NAME, f"a picture in hex is due, {data[:20]!r} came"
        ) from error
    return Position(received_time_ms, valid=False, event_codes=("vr",), attributes={"photo": data})


def is_decimal_report(fields: Sequence[str]) -> bool:
    """Whether time, date and decimal degrees stand where that form has them."""
    return (
        len(fields) >= _DECIMAL_FIELDS
        and len(fields[5]) == len(fields[6]) == 6
        and "." in fields[9]
        and "." in fields[10]
    )


def read_decimal_report(fields: Sequence[str]) -> Position:
    """Name, event, sensor, its voltage, time, date, signal, fix, place, motion, ignition, charge.

    Source: captured frames.

    Raises:
        ProtocolError: a field that is not what it has to be.
    """
    time_ms = time_of_day_ms(PROTOCOL_NAME, fields[5])
    report = Report(date_ms(PROTOCOL_NAME, fields[6], "DMY") + time_ms)
    numbers = [FIELDS.number("number", field) for field in fields[7:16]]
    signal, _, latitude, longitude, speed_kmh, course, altitude, hdop, satellites = numbers
    report.place(latitude, longitude, valid=fields[8] == "1")
    report.motion(speed_kmh, course, altitude)
    report.fields["satellites"] = int(satellites)
    if hdop < 99:
        report.fields["hdop"] = hdop
    report.fields["ignition"] = fields[16] == "1"
    report.note("gsmSignal", int(signal))
    report.note("charging", fields[17] == "1")
    _named(fields, report)
    return report.position()


def _named(fields: Sequence[str], report: Report) -> None:
    event = fields[2].strip("-")
    if event:
        report.alarm(meaning_of(event).alarm)
        report.event(event)
    for name, text in (("tag1Id", fields[3]), ("tag1BatteryV", fields[4])):
        if text.strip("-"):
            report.note(name, text)
    if fields[18].strip("-"):
        report.note("status", fields[18])
