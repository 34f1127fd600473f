"""What follows a fix in Queclink's text reports, by family of devices.

Source: Queclink @Track Air Interface Protocol of GV200, GV300, GV600M, GL300, GL500, GL530, CV200;
captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.protocols.queclink.families import ASSETS, Family, family_of
from milepost.protocols.queclink.values import (
    FIELDS,
    analogue,
    hexadecimal,
    is_state_word,
    number,
    read_layout,
    state,
    state_word,
    whole,
)
from milepost.protocols.wire.report import Report

_APPENDED_FIELDS = ("satellites", "trigger", "jamming")
_SEARCHED_FIELDS = 9
"""How far after the hour meter a state word is looked for."""

Rest = Sequence[str]


def skip_append_mask(report: Report, values: Sequence[str], device_type: str) -> int:
    """The reserved field after the cell, which newer models use as a mask; how many fields it is.

    Bit 0 satellites in use, 1 what triggered the receiver, 2 whether it is jammed.
    """
    if not values or family_of(device_type) in ASSETS:
        return 0
    is_mask = len(values[0]) == 2 and values[0] != "00"
    mask = hexadecimal(values[0]) if is_mask else None
    read = 1
    for bit in range(8):
        if mask is None or not mask >> bit & 1 or read >= len(values):
            continue
        value = values[read]
        read += 1
        name = _APPENDED_FIELDS[bit] if bit < len(_APPENDED_FIELDS) else ""
        if name == "satellites":
            count = whole(value)
            if count is not None:
                report.fields["satellites"] = count
        elif value:
            report.note(f"gnss:{name or bit}", value)
    return read


def _mileage_and_hours(report: Report, values: Sequence[str]) -> int:
    """Set both; gives how many there were: an hour meter is empty or has colons."""
    if values and values[0]:
        FIELDS["mileage"](report, values[0])
    if len(values) < 2 or (values[1] and ":" not in values[1]):
        return 1
    if values[1]:
        FIELDS["hours"](report, values[1])
    return 2


def _vehicle(report: Report, values: Rest, device_type: str) -> Rest:
    """Mileage, hour meter, one to four analogue inputs, battery, state word."""
    at = skip_append_mask(report, values, device_type)
    at += _mileage_and_hours(report, values[at : at + 2])
    for found in range(at, min(at + _SEARCHED_FIELDS, len(values))):
        if is_state_word(values[found]):
            _analogue_and_battery(report, values[at:found])
            state_word(report, values[found])
            return values[found + 1 :]
    return _unknown(report, values[at:])


def _unknown(report: Report, values: Rest) -> Rest:
    """Of models that nobody described the last number is the battery's charge in percent."""
    given = [value for value in values if value]
    charge = whole(given[-1]) if given else None
    if charge is None or not 0 <= charge <= 100 or str(charge) != given[-1]:
        return values
    FIELDS["battery_pct"](report, given[-1])
    return given[:-1]


def _analogue_and_battery(report: Report, values: Sequence[str]) -> None:
    if not values:
        return
    *inputs, battery = values
    FIELDS["battery_pct"](report, battery)
    for index, value in enumerate(inputs, 1):
        if value:
            analogue(report, index, value)


def _gv200(report: Report, values: Rest, device_type: str) -> Rest:
    at = skip_append_mask(report, values, device_type)
    _mileage_and_hours(report, values[at : at + 2])
    layout = ("ain1", "ain2", "ain3", "inputs", "outputs")
    read_layout(report, layout, values[at + 2 : at + 7])
    return values[at + 7 :]


def _short(report: Report, values: Rest, device_type: str) -> Rest:
    """The state has two digits."""
    at = skip_append_mask(report, values, device_type)
    _mileage_and_hours(report, values[at : at + 2])
    read_layout(report, ("ain1", "ain2", "battery_pct"), values[at + 2 : at + 5])
    word = values[at + 5] if len(values) > at + 5 else ""
    if len(word) == 2:
        state(report, word)
    elif is_state_word(word):
        state_word(report, word)
    return values[at + 6 :]


def _laid_out(*layout: str) -> Callable[[Report, Rest, str], Rest]:
    def read(report: Report, values: Rest, device_type: str) -> Rest:
        del device_type
        return read_layout(report, layout, values)

    return read


def _gl300(report: Report, values: Rest, device_type: str) -> Rest:
    """Mileage and battery; some models have a reserved field before them."""
    is_reserved = values[:1] == ["00"] or (len(values) >= 3 and values[0] == "")
    if is_reserved and (len(values) < 3 or number(values[2]) is not None):
        return _laid_out("-", "mileage", "battery_pct")(report, values, device_type)
    return _laid_out("mileage", "battery_pct")(report, values, device_type)


def _last(report: Report, values: Rest, device_type: str) -> Rest:
    """The battery is the last of the fields."""
    del device_type
    if values:
        FIELDS["battery_pct"](report, values[-1])
    return values[:-1]


TAILS: Mapping[Family, Callable[[Report, Rest, str], Rest]] = {
    "vehicle": _vehicle,
    "gv200": _gv200,
    "short": _short,
    "gl300": _gl300,
    "gl500": _laid_out("gsm", "-", "mileage", "battery_pct", "charging"),
    "gl": _laid_out("-", "battery_pct", "", "temp"),
    "timed": _laid_out("", "battery_pct"),
    "last": _last,
}
"""Family -> what reads the fields after the cell of a GTFRI or GTERI; it gives the rest."""
