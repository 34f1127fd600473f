"""Wialon IPS: the fields of a position, and its named parameters.

Source: Gurtam, "Wialon IPS" 1.1, 2.0 and 2.1: short data packet, extended data packet, additional
parameters.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text

PROTOCOL_NAME = "wialon"
SHORT_FIELDS, LONG_FIELDS = 10, 16
_FEWEST_SATELLITES = 3
_MISSING = frozenset({"", "NA", "N/A", "na"})
_MOST_CELL_DIGITS = 10
_CELL = ("mcc", "mnc", "lac", "cell_id")


def read_report(fields: Sequence[str], received_time_ms: int, *, damaged: bool) -> Position:
    """Date, time, place, speed, course, height, satellites; in the long form dilution, inputs,
    outputs, analogue inputs, key, parameters.

    Raises:
        ProtocolError: too few fields, or one that is not what it has to be.
    """
    if len(fields) < SHORT_FIELDS:
        reason = f"a report of {len(fields)} fields, {SHORT_FIELDS} or more are due"
        raise ProtocolError(PROTOCOL_NAME, reason)
    values: dict[str, Any] = {}
    satellites = _whole("satellites", fields[9])
    speed, course, altitude = (
        _number("motion", fields[6]),
        _number("motion", fields[7]),
        _number("motion", fields[8]),
    )
    placed = _place(fields[2:6], values)
    if speed is not None and 0 <= speed < 10_000:
        values["speed_kmh"] = speed
    if course is not None and 0 <= course <= 360:
        values["course_deg"] = course
    if altitude is not None and -12_262 <= altitude <= 18_000:
        values["altitude_m"] = altitude
    if satellites is not None:
        values["satellites"] = satellites
    attributes: dict[str, str] = {}
    if len(fields) > SHORT_FIELDS:
        _measured(fields[SHORT_FIELDS:], values, attributes)
    return Position(
        fix_time_ms=_time_ms(fields[0], fields[1], received_time_ms),
        valid=placed and (satellites is None or satellites >= _FEWEST_SATELLITES),
        damaged=damaged,
        attributes=attributes,
        **values,
    )


def _time_ms(day: str, time: str, received_time_ms: int) -> int:
    """Without a date or time the server sets its own."""
    if day in _MISSING or time in _MISSING:
        return received_time_ms
    return date_ms(PROTOCOL_NAME, day, "DMY") + time_of_day_ms(PROTOCOL_NAME, time)


def _number(name: str, text: str) -> float | None:
    if text in _MISSING:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ProtocolError(PROTOCOL_NAME, f"{name}: a number is due, {text[:40]!r} came")
    return value


def _whole(name: str, text: str) -> int | None:
    value = _number(name, text)
    return None if value is None else int(value)


def _place(fields: Sequence[str], values: dict[str, Any]) -> bool:
    """Degrees and minutes with their hemispheres; at 0, 0 there is no place."""
    latitude = _degrees("latitude", fields[0], fields[1] == "S", 90)
    longitude = _degrees("longitude", fields[2], fields[3] == "W", 180)
    if latitude is None or longitude is None or not (latitude or longitude):
        return False
    values["latitude_deg"], values["longitude_deg"] = latitude, longitude
    return True


def _degrees(name: str, text: str, negative: bool, limit: int) -> float | None:
    value = _number(name, text)
    if value is None:
        return None
    whole = int(abs(value) // 100)
    degrees = whole + (abs(value) - whole * 100) / 60
    if degrees > limit:
        raise ProtocolError(PROTOCOL_NAME, f"{name}: there is no place {text[:40]!r}")
    return -degrees if negative != (value < 0) else degrees


def _measured(fields: Sequence[str], values: dict[str, Any], attributes: dict[str, str]) -> None:
    """What follows the satellites, as far as it is there."""
    dilution, inputs, outputs, analogue, key, parameters = (*fields, "", "", "", "", "", "")[:6]
    hdop = _number("dilution", dilution)
    if hdop is not None:
        values["hdop"] = hdop
    for name, text in (("inputs", inputs), ("outputs", outputs)):
        number = _whole(name, text)
        if number is not None:
            attributes[name] = str(number)
    if analogue not in _MISSING:
        for index, text in enumerate(analogue.split(","), 1):
            if text not in _MISSING:
                attributes[f"adc{index}"] = repr(_number("analogue input", text))
    if key not in _MISSING:
        attributes["driverUniqueId"] = key
    if parameters not in _MISSING:
        _parameters(parameters, values, attributes)


def _is_cell_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_CELL_DIGITS


def _parameters(text: str, values: dict[str, Any], attributes: dict[str, str]) -> None:
    """`NAME:TYPE:VALUE`, separated by commas; a value may hold commas itself."""
    cell: dict[str, int] = {}
    last = ""
    for part in text.split(","):
        name, _, typed = part.partition(":")
        kind, colon, value = typed.partition(":")
        if not colon or kind not in _TYPES:
            if last and part:
                attributes[last] += f",{part}"
            continue
        put = _KNOWN.get(name.lower())
        if put is not None and put(value, values, attributes):
            last = ""
            continue
        if name.lower() in _CELL and _is_cell_number(value):
            cell[name.lower()] = int(value)
        last = f"param:{name}"
        attributes[last] = value
    if len(cell) == len(_CELL):
        attributes["cells"] = cell_text(*(cell[name] for name in _CELL))


_TYPES = frozenset("1234")
_Put = Callable[[str, dict[str, Any], dict[str, str]], bool]


def _to_field(name: str) -> _Put:
    """A number for a field of Position; what is no number stays a parameter."""

    def put(value: str, values: dict[str, Any], attributes: dict[str, str]) -> bool:
        del attributes
        try:
            number = float(value)
        except ValueError:
            return False
        if math.isfinite(number):
            values[name] = number
        return math.isfinite(number)

    return put


def _to_attribute(name: str) -> _Put:
    def put(value: str, values: dict[str, Any], attributes: dict[str, str]) -> bool:
        del values
        attributes[name] = value
        return True

    return put


def _sos(value: str, values: dict[str, Any], attributes: dict[str, str]) -> bool:
    """`SOS:1:1` is the button for help."""
    if value == "1":
        values["alarm"] = "sos"
    attributes["sos"] = "true" if value == "1" else "false"
    return True


_KNOWN: Mapping[str, _Put] = {
    "sos": _sos,
    "accuracy": _to_attribute("accuracyM"),
    "avl_driver": _to_attribute("driverUniqueId"),
    "pwr_ext": _to_field("battery_v"),
    "pwr_int": _to_attribute("trackerBatteryV"),
}
"""Parameters that mean the same on every device, by their lower-case name."""
