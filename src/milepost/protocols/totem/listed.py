"""Totem's frames of AVL02 to AVL08 and AT06: fields between `|`, or digits alone.

Source: "AVL-08 GPRS Data Protocol" 1.0.1, section 1; "AT06 GPRS Data Protocol".
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.totem.frame import FIELDS, PROTOCOL_NAME, Frame, put_cell, put_event
from milepost.protocols.wire.report import Report, text_of
from milepost.protocols.wire.speeds import KMH_PER_KNOT

ALARMS: Mapping[str, str] = {
    "01": "sos",
    "09": "power_off",
    "10": "low_battery",
    "11": "overspeed",
    "16": "antenna_cut",
    "30": "parking",
    "42": "geofence_exit",
    "43": "geofence_enter",
}
_STATUS_DIGITS = 12
_INPUTS_AT, _OUTPUTS_AT = 4, 8
_NMEA = "$GPRMC,"
_RMC_FIELDS, _MOST_FIELDS = 10, 32
_DIGITS = re.compile(
    r"(?P<kind>\w\w)(?P<day>\d{6})(?P<time>\d{6})(?P<io>[0-9A-F]{4})(?P<charging>[01])"
    r"(?P<battery>\d\d)(?P<supply>\d\d)(?P<ain1>\d{4})(?P<ain2>\d{4})(?P<temp1>\d{3})"
    r"(?P<temp2>\d{3})(?P<cell>[0-9A-F]{8})(?P<validity>[AV])(?P<satellites>\d\d)"
    r"(?P<course>\d{3})(?P<speed>\d{3})(?P<pdop>\d\d\.\d)(?P<odometer>\d{7})"
    r"(?P<latitude>\d{4}\.\d{4})(?P<north>[NS])(?P<longitude>\d{5}\.\d{4})(?P<east>[EW])"
)


def read_listed(frame: Frame) -> Report:
    """A report of any of the three forms.

    Raises:
        ProtocolError: it is none of them, or a field is not what it has to be.
    """
    fields = frame.content.split("|")
    if _NMEA in fields[0]:
        return _sentence(frame, fields)
    if len(fields) >= 15 and fields[1] in ("A", "V"):
        return _fields(frame, fields)
    match = _DIGITS.match(frame.content)
    if match is None:
        raise ProtocolError(PROTOCOL_NAME, f"no report begins with {frame.content[:40]!r}")
    return _digits(frame, match.groupdict())


def _sentence(frame: Frame, fields: Sequence[str]) -> Report:
    """Alarm and RMC sentence, dilutions, status, clock, voltages, then what `_end` reads."""
    kind, _, sentence = fields[0].partition(_NMEA)
    rmc = sentence.partition("*")[0].split(",")
    if len(rmc) < _RMC_FIELDS - 1 or not 8 <= len(fields) <= _MOST_FIELDS:
        raise ProtocolError(PROTOCOL_NAME, f"a report of {len(rmc)} and {len(fields)} fields")
    time, validity, latitude, north, longitude, east, speed, course, day = rmc[:9]
    clock = fields[5]
    times = (frame.time_ms(day, time, "DMY"), frame.time_ms(clock[2:8], clock[8:], "YMD"))
    known = [time_ms for time_ms in times if time_ms is not None]
    report = Report(known[0] if known else frame.received_time_ms)
    put_event(kind, ALARMS, report)
    _place(report, (latitude, north), (longitude, east), validity)
    _motion(speed, course, report)
    report.attributes["pdop"] = repr(FIELDS.number("pdop", fields[1]))
    report.attributes["vdop"] = repr(FIELDS.number("vdop", fields[3]))
    report.fields["hdop"] = FIELDS.number("hdop", fields[2])
    _status(fields[4], report)
    _end(fields, report)
    return report


def _place(
    report: Report, latitude: tuple[str, str], longitude: tuple[str, str], validity: str
) -> None:
    if latitude[0] and longitude[0]:
        report.place(
            FIELDS.degrees("latitude", *latitude),
            FIELDS.degrees("longitude", *longitude),
            valid=validity == "A",
        )


def _motion(speed: str, course: str, report: Report) -> None:
    report.motion(
        FIELDS.number("speed", speed) * KMH_PER_KNOT if speed else None,
        FIELDS.number("course", course) if course else None,
    )


def _status(status: str, report: Report) -> None:
    if len(status) == _STATUS_DIGITS:
        report.attributes.update(_inputs(status))


@lru_cache(maxsize=256)
def _inputs(status: str) -> dict[str, str]:
    """The button for help, three buttons, four inputs, four outputs."""
    inputs = {f"din{number}": status[_INPUTS_AT + number - 1] for number in range(1, 5)}
    outputs = {f"dout{number}": status[_OUTPUTS_AT + number - 1] for number in range(1, 5)}
    return {"status": status, "sos": text_of(status[0] == "1"), **inputs, **outputs}


def _voltages(text: str, report: Report) -> None:
    """Charging, the tracker's battery and the supply in 10 mV; or the battery alone in mV."""
    if not text.isdecimal() or len(text) < 5:
        return
    report.attributes["charging"] = "true" if text[0] == "1" else "false"
    if len(text) == 8:
        report.attributes["trackerBatteryV"] = repr(int(text[1:4]) / 100)
        report.fields["battery_v"] = int(text[4:]) / 100
    else:
        report.attributes["trackerBatteryV"] = repr(int(text[1:5]) / 1000)


def _analogue(text: str, report: Report) -> None:
    if len(text) == 8 and text.isdecimal():
        report.attributes["ain1V"] = repr(int(text[:4]) / 100)
        report.attributes["ain2V"] = repr(int(text[4:]) / 100)


def _end(fields: Sequence[str], report: Report) -> None:
    """Voltages, analogue inputs if any, cell, temperatures, odometer if any, serial, card."""
    _voltages(fields[6], report)
    rest = [field for field in fields[7:] if field]
    odometer_at = next((at for at, field in enumerate(rest) if "." in field), -1)
    if odometer_at >= 0:
        _odometer(rest[odometer_at], report)
        before, after = rest[:odometer_at], rest[odometer_at + 1 :]
    else:
        before, after = rest[:3], rest[3:]
    if len(before) > 2:
        _analogue(before[0], report)
    if len(before) > 1:
        put_cell(before[-2], report)
        _temperatures(before[-1], report)
    if len(after) > 1 and after[1].strip("0"):
        report.note("driverUniqueId", after[1])


def _odometer(text: str, report: Report) -> None:
    odometer_km = FIELDS.number("odometer", text)
    if odometer_km > 0:
        report.fields["odometer_m"] = odometer_km * 1000


def _temperatures(text: str, report: Report) -> None:
    """Four digits each; their scale is not public, so they are kept as they are."""
    for number in range(len(text) // 4):
        digits = text[4 * number : 4 * number + 4]
        if digits.strip("0"):
            report.note(f"temperature:{number + 1}", digits)


def _fields(frame: Frame, fields: Sequence[str]) -> Report:
    """AT06: alarm and time, validity, place, motion, HDOP, status, voltage, inputs, cell …"""
    kind, day, time = fields[0][:2], fields[0][2:8], fields[0][8:14]
    time_ms = frame.time_ms(day, time, "DMY")
    report = Report(frame.received_time_ms if time_ms is None else time_ms)
    put_event(kind, ALARMS, report)
    _place(report, (fields[2], fields[3]), (fields[4], fields[5]), fields[1])
    _motion(fields[6], fields[7], report)
    if fields[8]:
        report.fields["hdop"] = FIELDS.number("hdop", fields[8])
    _status(fields[9], report)
    _voltages(fields[10], report)
    _analogue(fields[11], report)
    put_cell(fields[12], report)
    _temperatures(fields[13], report)
    if fields[14]:
        _odometer(fields[14], report)
    return report


def _digits(frame: Frame, parts: Mapping[str, str]) -> Report:
    """AVL02's short form: all in digits of fixed width."""
    time_ms = frame.time_ms(parts["day"], parts["time"], "YMD")
    report = Report(frame.received_time_ms if time_ms is None else time_ms)
    put_event(parts["kind"], ALARMS, report)
    _place(
        report,
        (parts["latitude"], parts["north"]),
        (parts["longitude"], parts["east"]),
        parts["validity"],
    )
    report.motion(float(parts["speed"]), float(parts["course"]))
    report.fields["satellites"] = int(parts["satellites"])
    report.fields["battery_v"] = float(parts["supply"])
    report.note("status", parts["io"])
    report.note("charging", parts["charging"] == "1")
    report.note("trackerBatteryV", int(parts["battery"]) / 10)
    report.note("pdop", float(parts["pdop"]))
    for number in (1, 2):
        report.note(f"ain{number}V", int(parts[f"ain{number}"]) / 100)
        if parts[f"temp{number}"].strip("0"):
            report.note(f"temperature:{number}", parts[f"temp{number}"])
    put_cell(parts["cell"], report)
    if parts["odometer"].strip("0"):
        report.fields["odometer_m"] = int(parts["odometer"]) * 1000.0
    return report
