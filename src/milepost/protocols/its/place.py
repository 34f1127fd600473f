"""A report of AIS-140 in the order of its fields, which makers leave out or repeat here and there.

Source: AIS-140, "Location data packet", "Emergency button packet"; captured frames.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from milepost.protocols.its.frame import PROTOCOL_NAME
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_FIELDS = TextFields(PROTOCOL_NAME)
_VALID = {"1": True, "A": True, "0": False, "V": False, "2": True, "3": True}
_NO_NUMBER_PLATE = frozenset({"", "0000", "000000000", "NA00000000", "N.A", "NA", "0"})
_OUTPUTS = re.compile(r"[01]{2}")
_INPUTS = re.compile(r"[0-3]{4}")
_SUM = re.compile(r"[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}")
_FEWEST_FRAME_DIGITS = 3
_NOTHING = frozenset({"", "-", "0"})
_TAMPER_AT, _MOST_BEFORE_RADIO = 12, 13
_RADIO_FIELDS = 5

TYPES: Mapping[str, str | None] = {
    "NR": None,
    "EA": "sos",
    "TA": "tampering",
    "WD": "tampering",
    "DT": "tampering",
    "BD": "power_cut",
    "BR": "power_restored",
    "BL": "low_battery",
    "HB": "harsh_braking",
    "HA": "harsh_acceleration",
    "RT": "harsh_cornering",
    "OS": "overspeed",
    "GI": "geofence_enter",
    "GO": "geofence_exit",
    "TI": "fall",
    "IN": None,
    "IF": None,
    "HP": None,
    "PC": None,
    "BH": None,
}
"""Kind of a report -> its alarm."""

_NUMBERS: Mapping[str, str] = {
    "3": "power_cut",
    "4": "low_battery",
    "6": "power_restored",
    "9": "tampering",
    "10": "sos",
    "13": "harsh_braking",
    "14": "harsh_acceleration",
    "15": "harsh_cornering",
    "16": "tampering",
    "17": "overspeed",
}
"""Number of an alert -> its alarm, for kinds that the standard does not have."""


def place_at(fields: Sequence[str], start: int) -> int:
    """Where the latitude stands; -1 if there is no place."""
    for at in range(start, len(fields) - 3):
        if fields[at + 1] in ("N", "S") and fields[at + 3] in ("E", "W"):
            return at
    return -1


def read_place(fields: Sequence[str], identity_at: int, place: int) -> Report | None:
    """Time and place: what stands from the identity to the longitude.

    None without a time, as in a login.

    Raises:
        ProtocolError: a date, time or coordinate that is none.
    """
    before = list(fields[identity_at + 1 : place])
    is_valid: bool | None = None
    if before and before[-1] in _VALID:
        is_valid = _VALID[before.pop()]
    time_ms = _time_ms(before)
    if time_ms is None:
        return None
    report = Report(time_ms)
    if is_valid is None:
        is_valid = _VALID.get(before.pop(), False) if before else False
    if before and before[0] not in _NO_NUMBER_PLATE:
        report.attributes["registrationNumber"] = before[0]
    latitude_deg = _FIELDS.number("latitude", fields[place] or "0")
    longitude_deg = _FIELDS.number("longitude", fields[place + 2] or "0")
    report.place(
        -abs(latitude_deg) if fields[place + 1] == "S" else latitude_deg,
        -abs(longitude_deg) if fields[place + 3] == "W" else longitude_deg,
        valid=is_valid,
    )
    return report


def _time_ms(before: list[str]) -> int | None:
    """Takes date and time from the end: two fields, one of 14 digits, or six."""
    if not before or not before[-1].isdecimal():
        return None
    if len(before[-1]) == 14:
        moment = before.pop()
        day, time = moment[:8], moment[8:]
    elif len(before[-1]) == 6 and len(before) >= 2 and len(before[-2]) in (6, 8):
        time, day = before.pop(), before.pop()
    elif len(before) >= 6 and len(before[-1]) == 2:
        day, time = "".join(before[-6:-3]), "".join(before[-3:])
        del before[-6:]
    else:
        return None
    if len(day) == 8:
        day = day[:4] + day[6:]
    return date_ms(PROTOCOL_NAME, day, "DMY") + time_of_day_ms(PROTOCOL_NAME, time)


def read_motion(
    fields: Sequence[str], speed_at: int, course_at: int, altitude_at: int, report: Report
) -> None:
    """Speed, course and altitude from where they stand, if there is a place; -1: not sent."""
    if "latitude_deg" in report.fields:
        report.motion(
            _at(fields, speed_at, "speed"),
            _at(fields, course_at, "course"),
            _at(fields, altitude_at, "altitude"),
        )


def _at(fields: Sequence[str], at: int, name: str) -> float | None:
    text = fields[at] if 0 <= at < len(fields) else ""
    return _FIELDS.number(name, text) if text else None


def _number(name: str) -> Callable[[Report, str], None]:
    def put(report: Report, text: str) -> None:
        report.fields[name] = _FIELDS.number(name, text)

    return put


def _satellites(report: Report, text: str) -> None:
    if text.isascii() and text.isdecimal() and len(text) < 4:
        report.fields["satellites"] = int(text)


def _note(name: str) -> Callable[[Report, str], None]:
    def put(report: Report, text: str) -> None:
        report.attributes[name] = text

    return put


def _decimal(name: str) -> Callable[[Report, str], None]:
    def put(report: Report, text: str) -> None:
        report.note(name, _FIELDS.number(name, text))

    return put


def _dilution(report: Report, text: str) -> None:
    value = _FIELDS.number("HDOP", text)
    if value > 0:
        report.fields["hdop"] = value


def _ignition(report: Report, text: str) -> None:
    report.fields["ignition"] = text == "1"


def _truth(name: str) -> Callable[[Report, str], None]:
    def put(report: Report, text: str) -> None:
        report.attributes[name] = "true" if text == "1" else "false"

    return put


_AFTER_PLACE: tuple[tuple[int, Callable[[Report, str], None]], ...] = (
    (2, _satellites),
    (4, _decimal("pdop")),
    (5, _dilution),
    (6, _note("operator")),
    (7, _ignition),
    (8, _truth("externalPower")),
    (9, _number("battery_v")),
    (10, _decimal("trackerBatteryV")),
    (11, _truth("sos")),
)
"""From the longitude's hemisphere on; 0, 1 and 3 are speed, course and altitude."""


def read_rest(fields: list[str], report: Report) -> None:
    """What stands after the longitude."""
    read_motion(fields, 0, 1, 3, report)
    count = len(fields)
    for at, put in _AFTER_PLACE:
        if at < count and fields[at]:
            put(report, fields[at])
    if count <= _TAMPER_AT:
        return
    at = _TAMPER_AT
    if not fields[at][:1].isdecimal():
        if fields[at]:
            report.attributes["field:tamper"] = fields[at]
        at += 1
        if at < count and not fields[at]:
            at += 1
    end = _outputs_at(fields, at)
    read_radio(fields[at : end - 1 if end else count], report)
    if end:
        _switches(fields[end - 1], fields[end], report)
        _tail(fields[end + 1 :], report)


def _switches(inputs: str, outputs: str, report: Report) -> None:
    """The first digit is the first input; some makers have more than on and off."""
    report.attributes["outputs"] = str(int(outputs[::-1], 2))
    if inputs.strip("01"):
        report.attributes["field:inputs"] = inputs
    else:
        report.attributes["inputs"] = str(int(inputs[::-1], 2))


def _outputs_at(fields: Sequence[str], start: int) -> int:
    """Where the outputs stand, after the inputs: the last pair that looks like them; 0 if none."""
    for at in range(len(fields) - 1, start, -1):
        if len(fields[at]) == 2 and _OUTPUTS.fullmatch(fields[at]):
            before = fields[at - 1]
            if len(before) == 4 and _INPUTS.fullmatch(before):
                return at
    return 0


def read_radio(fields: Sequence[str], report: Report) -> None:
    """Strength, MCC, MNC, area and cell in hex, and neighbours as each maker writes them."""
    if fields and fields[0].isdecimal():
        report.attributes["gsmSignal"] = fields[0]
    if len(fields) < _RADIO_FIELDS:
        return
    country, network = fields[1].strip(), fields[2].strip()
    if not (country.isdecimal() and network.isdecimal() and len(country) == 3):
        report.attributes["network"] = ",".join(fields[1:])
        return
    try:
        cell = cell_text(int(country), int(network), int(fields[3], 16), int(fields[4], 16))
    except ValueError:
        report.attributes["network"] = ",".join(fields[1:])
        return
    report.attributes["cell"] = cell
    if len(fields) > _RADIO_FIELDS:
        report.attributes["network"] = ",".join(fields[_RADIO_FIELDS:])


def _tail(fields: list[str], report: Report) -> None:
    """Analogue inputs before or after the frame's number, the odometer in km after it."""
    while len(fields) > 1 and not fields[-1]:
        fields.pop()
    if len(fields) > 1 and _SUM.fullmatch(fields[-1]):
        fields.pop()
    number_at = next((at for at, field in enumerate(fields) if _is_frame_number(field)), -1)
    if number_at < 0:
        return
    report.attributes["index"] = fields[number_at].lstrip("0") or "0"
    after = fields[number_at + 1 :]
    bracket = next((at for at, field in enumerate(after) if field[:1] == "("), -1)
    if bracket >= 0:
        _inputs([field for field in after[:bracket] if "." in field], report)
        return
    _inputs(fields[:number_at], report)
    if after and "." in after[0]:
        odometer_km = _FIELDS.number("odometer", after.pop(0))
        if odometer_km >= 0:
            report.fields["odometer_m"] = round(odometer_km * 1000, 3)
    rest = [field for field in after if field not in _NOTHING]
    if rest:
        report.attributes["extra"] = ",".join(rest)


def _is_frame_number(field: str) -> bool:
    return len(field) >= _FEWEST_FRAME_DIGITS and field.isdecimal()


def _inputs(fields: Sequence[str], report: Report) -> None:
    for number, field in enumerate(fields, 1):
        if field:
            report.note(f"ain{number}V", _FIELDS.number("analogue input", field))


def read_type(kind: str, number: str, report: Report) -> None:
    """The kind and number of an alert."""
    if kind == "NR":
        return
    report.event(kind)
    number = number.lstrip("0")
    if number:
        report.event(number)
    report.alarm(TYPES[kind] if kind in TYPES else _NUMBERS.get(number))
