"""Values of Queclink's fields: numbers that may be missing, times, names of measurements.

Source: Queclink @Track Air Interface Protocol, tables of the report messages.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from milepost.errors import ProtocolError
from milepost.protocols.wire.report import Report, text_of

NAME = "queclink"
# Beyond it stand the bits of older firmware, which has no mileage there.
_MOST_ODOMETER_KM = 10_000_000
_MOST = 1e12
_MOST_DIGITS = 16
_HOURS = re.compile(r"(\d{1,7}):([0-5]?\d):([0-5]?\d)").fullmatch
_DAY_MS = 86_400_000


def number(text: str) -> float | None:
    """A decimal number below 10¹²; None for an empty field, `nan` and the like."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if -_MOST < value < _MOST else None


def whole(text: str) -> int | None:
    """A whole decimal number; None for anything else."""
    digits = text[1:] if text[:1] == "-" else text
    is_whole = len(digits) <= _MOST_DIGITS and digits.isascii() and digits.isdecimal()
    return int(text) if is_whole else None


def hexadecimal(text: str) -> int | None:
    """A hexadecimal number of at most 64 bits; None for anything else."""
    if len(text) > _MOST_DIGITS or not text.isalnum():
        return None
    try:
        return int(text, 16)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _day_ms(digits: str) -> int | None:
    try:
        moment = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


def is_time(text: str) -> bool:
    """Whether the text is formed like a time, `YYYYMMDDHHMMSS`."""
    return len(text) == 14 and text.isascii() and text.isdecimal()


def time_ms(text: str) -> int | None:
    """`YYYYMMDDHHMMSS` as Unix ms; None where there is no such time, or none since 1970."""
    day_ms = _day_ms(text[:8])
    if day_ms is None:
        return None
    seconds = int(text[8:10]) * 3600 + int(text[10:12]) * 60 + int(text[12:])
    moment_ms = day_ms + seconds * 1000
    return moment_ms if seconds * 1000 < _DAY_MS and moment_ms >= 0 else None


def hours(text: str) -> float | None:
    """An hour meter: `HHHHH:MM:SS`, or hours with a fraction."""
    match = _HOURS(text)
    if match is not None:
        return int(match[1]) + int(match[2]) / 60 + int(match[3]) / 3600
    return number(text)


Set = Callable[[Report, str], None]


def numeric(
    name: str, scale: float = 1, *, per: float = 1, least: float = 0, most: float = math.inf
) -> Set:
    """Sets a field of Position; what is no number, or not in `least` to `most`, sets nothing."""

    def set_field(report: Report, text: str) -> None:
        value = number(text)
        if value is not None and least <= value <= most:
            report.fields[name] = value * scale / per

    return set_field


def attribute(name: str, scale: float = 1) -> Set:
    """Keeps a number as an attribute, as it is written or scaled."""

    def set_attribute(report: Report, text: str) -> None:
        value = number(text)
        if value is not None:
            report.attributes[name] = text if scale == 1 else text_of(value * scale)

    return set_attribute


def text(name: str) -> Set:
    """Keeps a text as an attribute."""

    def set_text(report: Report, value: str) -> None:
        report.attributes[name] = value

    return set_text


def signal(path: str, scale: float = 1) -> Set:
    """Sets a VSS signal."""

    def set_signal(report: Report, value_text: str) -> None:
        value = number(value_text)
        if value is not None:
            report.signals[path] = value * scale

    return set_signal


def flag(name: str) -> Set:
    """Keeps `1` and `0` as true and false."""

    def set_flag(report: Report, value: str) -> None:
        if value in ("0", "1"):
            report.note(name, value == "1")

    return set_flag


def _engine_hours(report: Report, value: str) -> None:
    duration_h = hours(value)
    if duration_h is not None:
        report.fields["engine_hours_h"] = duration_h


def _supply_mv(report: Report, value: str) -> None:
    """External power in millivolts; 0 and 1 are not voltages but say whether it is there."""
    millivolts = number(value)
    if millivolts is not None and millivolts >= 100:
        report.fields["battery_v"] = millivolts / 1000


def _external(report: Report, value: str) -> None:
    bits = hexadecimal(value)
    if bits is not None:
        report.note("externalPower", bits != 0)


def analogue(report: Report, index: int, value: str) -> None:
    """An analogue input: millivolts, or `F` and a percentage."""
    if value[:1] == "F" and number(value[1:]) is not None:
        report.note(f"fuelSensor{index}Pct", value[1:])
        return
    millivolts = number(value)
    if millivolts is not None:
        report.note(f"ain{index}V", millivolts / 1000)


def _analogue_at(index: int) -> Set:
    return lambda report, value: analogue(report, index, value)


STATES: Mapping[str, tuple[bool | None, bool | None]] = {
    "11": (False, False),
    "12": (False, True),
    "16": (False, True),
    "1A": (False, True),
    "21": (True, False),
    "22": (True, True),
    "41": (None, False),
    "42": (None, True),
}
"""State of motion -> (ignition, moving)."""
_TOWED = frozenset({"16", "1A"})


def state(report: Report, code: str) -> None:
    """The state of motion: `21` is ignition on and at rest."""
    ignition, moving = STATES.get(code.upper(), (None, None))
    if ignition is not None:
        report.fields["ignition"] = ignition
    if moving is not None:
        report.note("motion", moving)
    if code.upper() in _TOWED:
        report.note("towing", value=True)


def inputs(report: Report, code: str) -> None:
    """Digital inputs in hex; bit 0 is the ignition's."""
    bits = hexadecimal(code)
    if bits is not None:
        report.note("inputs", bits)
        report.note("din1", bits >> 1 & 1)
        report.note("din2", bits >> 2 & 1)


def outputs(report: Report, code: str) -> None:
    """Digital outputs in hex, bit 0 the first."""
    bits = hexadecimal(code)
    if bits is not None:
        report.note("outputs", bits)


def is_state_word(value: str) -> bool:
    """Whether the field is a state word: motion, inputs and outputs in hex, 6 or 10 digits."""
    return len(value) in (6, 10) and value[:2].upper() in STATES and hexadecimal(value) is not None


def state_word(report: Report, word: str) -> None:
    """A state word; its motion, its inputs, its outputs."""
    ignition, attributes = _state_word(word)
    if ignition is not None:
        report.fields["ignition"] = ignition
    report.attributes.update(attributes)


@lru_cache(maxsize=1024)
def _state_word(word: str) -> tuple[bool | None, Mapping[str, str]]:
    report = Report(0)
    half = (len(word) - 2) // 2
    state(report, word[:2])
    inputs(report, word[2 : 2 + half])
    outputs(report, word[2 + half :])
    report.note("status", word)
    return report.fields.get("ignition"), report.attributes


FIELDS: Mapping[str, Set] = {
    "state": state,
    "iccid": text("iccid"),
    "gsm": attribute("gsmSignal"),
    "external": _external,
    "supply_mv": _supply_mv,
    "supply2_mv": attribute("auxiliaryV", 1e-3),
    "battery_v": attribute("trackerBatteryV"),
    "battery_pct": attribute("trackerBatteryPct"),
    "charging": flag("charging"),
    "antenna": text("gnssAntenna"),
    "satellites": attribute("satellitesVisible"),
    "inputs": inputs,
    "outputs": outputs,
    "temp": attribute("trackerTempC"),
    "temp1": attribute("temp1C"),
    "ain1": _analogue_at(1),
    "ain2": _analogue_at(2),
    "ain3": _analogue_at(3),
    "zone": text("timeZone"),
    "firmware": text("firmware"),
    "hardware": text("hardware"),
    "model": text("model"),
    "mileage": numeric("odometer_m", 1000, most=_MOST_ODOMETER_KM),
    "hours": _engine_hours,
    "driver": text("driverUniqueId"),
    "authorized": flag("driverAuthorized"),
    "event": text("event"),
    "data": text("data"),
    "phone": text("phone"),
    "mode": text("mode"),
    "gnss": text("gnssStatus"),
    "moving": flag("motion"),
    "parked_s": attribute("parkedS"),
    "ignition_on_s": attribute("ignitionOnS"),
    "idling_s": attribute("idlingS"),
    "crash": text("crash"),
    "network": text("networkType"),
    "roaming": text("roaming"),
    "fence": text("geofenceId"),
    "rpm": numeric("engine_rpm"),
    "fuel_sensor": attribute("fuelSensor1"),
    "fuel_rate": attribute("fuelEconomyLp100km"),
    "fuel_pct": numeric("fuel_level_pct"),
    "vin": text("vin"),
}
"""Name in the layouts -> what it sets. `-` in a layout is a field that nobody needs."""


def read_layout(report: Report, layout: Iterable[str], values: Sequence[str]) -> list[str]:
    """Set what a layout names; gives the fields beyond it, and those without a name."""
    unread: list[str] = []
    names = tuple(layout)
    for name, value in zip(names, values, strict=False):
        set_value = FIELDS.get(name)
        if value and set_value is not None:
            set_value(report, value)
        elif value and name != "-":
            unread.append(value)
    unread += [value for value in values[len(names) :] if value]
    return unread


def refuse(reason: str) -> ProtocolError:
    """The one error of this protocol."""
    return ProtocolError(NAME, reason)
