"""TK103's places: digits without separators, or fields between commas.

Source: "GPRS Communication Protocol" KX402 1.5, 3.1.6 (BR00); "TK 103 Communication Protocol" 1.3.
"""

import re

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.tk103.events import ALARM_DIGITS
from milepost.protocols.tk103.frame import FIELDS, PROTOCOL_NAME, Frame, is_hex
from milepost.protocols.wire.report import Report

_PLACE = re.compile(r"(\d{6}),?([AV]),?([ \d.]+),?([NS]),?([ \d.]+),?([EW]),?(.*)", re.DOTALL)
_MILEAGE = re.compile(r"([0-9A-Fa-f]{0,8})(.*)", re.DOTALL)
_TAG = re.compile(r"([A-Z])([0-9A-F]{3})")
_TEMPERATURE = re.compile(r"[+-]\d+\.\d+")
_ALARM, _CALLED = "BO01", "BP02"
_SPEED_END, _TIME_DIGITS, _COURSE_DIGITS, _STATE_DIGITS = 4, 6, 3, 8
_NEGATIVE = 0x800


def read_fix(frame: Frame, report: Report) -> bool:
    """A place with what stands around it; False where there is none.

    Raises:
        ProtocolError: there is one, with a field that is not what it has to be.
    """
    return _read_listed(frame, report) if frame.is_listed else _read_joined(frame, report)


class _Motion(msgspec.Struct, frozen=True):
    """What follows the place: speed, time, course, state, mileage, and what devices add."""

    speed: str
    time: str
    course: str
    state: str
    mileage: str
    rest: str


def _read_joined(frame: Frame, report: Report) -> bool:
    match = _PLACE.search(frame.content)
    if match is None:
        return False
    day, validity, latitude, north, longitude, east, tail = match.groups()
    motion = _motion(tail)
    report.fields["fix_time_ms"] = frame.time_ms(day, motion.time)
    _place(report, validity, (latitude.strip(), north), (longitude.strip(), east))
    report.motion(_number("speed", motion.speed), _number("course", motion.course))
    _before(frame, frame.content[: match.start()].strip(","), report)
    read_state(motion.state, report)
    _mileage(motion.mileage, report)
    _after(motion.rest, report)
    return True


def _motion(tail: str) -> _Motion:
    """Cut from both ends: speed has one decimal, the state eight digits before `L`.

    Devices without decimals in the speed have a course of three digits before its point.
    """
    moving, has_mileage, after = tail.partition("L")
    state, rest = "", ""
    if has_mileage:
        if is_hex(moving[-_STATE_DIGITS:], _STATE_DIGITS):
            moving, state = moving[:-_STATE_DIGITS].rstrip(","), moving[-_STATE_DIGITS:]
    else:
        moving, _, rest = moving.partition(",")
        if is_hex(rest, _STATE_DIGITS):
            state, rest = rest, ""
    mileage = _MILEAGE.match(after)
    assert mileage is not None
    point = moving.find(".")
    end = point + 2 if 0 <= point <= _SPEED_END else point - _COURSE_DIGITS - _TIME_DIGITS
    if end < 1:
        raise ProtocolError(PROTOCOL_NAME, f"speed, time and course are due, {tail[:24]!r} came")
    time_end = end + _TIME_DIGITS
    speed, time, course = moving[:end], moving[end:time_end], moving[time_end:]
    return _Motion(speed, time, course, state, mileage[1], mileage[2] + rest)


def _before(frame: Frame, text: str, report: Report) -> None:
    """An alarm's digit, or the IMEI of a login."""
    if frame.code == _ALARM:
        report.event(text[-1:])
        report.alarm(ALARM_DIGITS.get(text[-1:], "general"))
    elif text.isdecimal() and len(text) >= 12:
        report.note("imei", text)
    elif frame.code == _CALLED and text:
        report.note("eventData", text)


def read_state(state: str, report: Report) -> None:
    """Main power, ignition, three reserved, and a fuel sensor in 10 mV of three hex digits."""
    if not is_hex(state, _STATE_DIGITS):
        return
    report.note("status", state)
    report.note("externalPower", state[0] == "0")
    report.fields["ignition"] = state[1] == "1"
    report.note("fuelSensor1V", int(state[5:], 16) / 100)


def _after(rest: str, report: Report) -> None:
    """`+017.7`, and letters with three hex digits each: `T` is a temperature in 0.1 °C."""
    temperature = _TEMPERATURE.match(rest)
    if temperature is not None:
        report.note("temp1C", float(temperature[0]))
        rest = rest[temperature.end() :]
    tags = _TAG.match(rest)
    while tags is not None:
        _tag(tags[1], int(tags[2], 16), report)
        rest = rest[tags.end() :]
        tags = _TAG.match(rest)
    if rest.strip(","):
        report.note("extra", rest.strip(","))


def _tag(letter: str, raw: int, report: Report) -> None:
    if letter == "T":
        tenths = -(raw & ~_NEGATIVE) if raw & _NEGATIVE else raw
        report.note("temp1C", tenths / 10)
    elif letter == "F":
        report.note("fuelSensor1", raw)
    else:
        report.note(f"tag:{letter}", raw)


def _read_listed(frame: Frame, report: Report) -> bool:
    """Date, validity, place, speed, time, course, then altitude and satellites or state.

    Without a fix the place may be empty.
    """
    fields = [field.strip() for field in frame.content.split(",")]
    if len(fields) < 7 or fields[1] not in ("A", "V"):
        return False
    report.fields["fix_time_ms"] = frame.time_ms(fields[0], fields[5])
    latitude, longitude = fields[2], fields[3]
    if latitude or longitude:
        _place(
            report,
            fields[1],
            (latitude[:-1], latitude[-1:]),
            (longitude[:-1], longitude[-1:]),
        )
    altitude = fields[7] if len(fields) > 7 and "." in fields[7] else ""
    report.motion(
        _number("speed", fields[4]),
        _number("course", fields[6]),
        _number("altitude", altitude) if altitude else None,
    )
    _listed_end(fields[7:], report)
    return True


def _listed_end(fields: list[str], report: Report) -> None:
    if len(fields) >= 2 and "." in fields[0] and fields[1].isdecimal() and len(fields[1]) <= 2:
        report.fields["satellites"] = int(fields[1])
    for field in fields:
        if is_hex(field, _STATE_DIGITS):
            read_state(field, report)
        elif field.startswith("L") and is_hex(field[1:], _STATE_DIGITS):
            _mileage(field[1:], report)


def _mileage(digits: str, report: Report) -> None:
    """Metres in hex; 0 is what devices without an odometer say."""
    mileage_m = int(digits or "0", 16)
    if mileage_m:
        report.fields["odometer_m"] = float(mileage_m)


def _place(
    report: Report, validity: str, latitude: tuple[str, str], longitude: tuple[str, str]
) -> None:
    if latitude[1] not in "NS" or longitude[1] not in "EW":
        reason = f"a place is due, {latitude[0]!r} and {longitude[0]!r} came"
        raise ProtocolError(PROTOCOL_NAME, reason)
    report.place(
        FIELDS.degrees("latitude", *latitude),
        FIELDS.degrees("longitude", *longitude),
        valid=validity == "A",
    )


def _number(name: str, text: str) -> float | None:
    return FIELDS.number(name, text) if text.strip() else None
