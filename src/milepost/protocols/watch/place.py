"""A watch's place: date, time, fix, motion, state, cells and Wi-Fi stations.

Source: "Beesure GPS SeTracker Server Protocol", section "Position data"; captured frames.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.watch.frame import PROTOCOL_NAME
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text, joined, station_text

_FEWEST_FIELDS = 7
_STATE_AT, _CELLS_AT, _COUNTRY_AT, _FIRST_CELL_AT = 15, 16, 18, 20
_MAC_LENGTH = 17
_NOTHING = frozenset({"", "0", "00"})
_COUNTS = ((11, "gsmSignal"), (12, "trackerBatteryPct"), (13, "steps"), (14, "turnovers"))
_IN_PLACES: Mapping[int, str] = {
    16: "sos",
    17: "low_battery",
    18: "geofence_exit",
    19: "geofence_enter",
    20: "removing",
    21: "fall",
    22: "general",
    0: "low_battery",
}
_IN_ALARMS: Mapping[int, str] = {**_IN_PLACES, 1: "geofence_exit", 2: "geofence_enter"}
_MOST_CELLS = 20


def is_place(fields: Sequence[str]) -> bool:
    """Whether a date, a time and a validity come first."""
    return (
        len(fields) >= _FEWEST_FIELDS
        and fields[2] in ("A", "V")
        and len(fields[0]) == 6
        and len(fields[1]) == 6
    )


def read_place(kind: str, fields: list[str]) -> Position:
    """The position of a `UD`, `AL`, `WT` or the like; the kind's name is not in `fields`.

    Raises:
        ProtocolError: a date, time or number that is none.
    """
    time_ms = date_ms(PROTOCOL_NAME, fields[0], "DMY") + time_of_day_ms(PROTOCOL_NAME, fields[1])
    attributes: dict[str, str] = {}
    where = _place(fields, attributes)
    for at, name in _COUNTS:
        if len(fields) > at and fields[at].isdecimal():
            attributes[name] = fields[at].lstrip("0") or "0"
    alarms = _alarms(kind, fields, attributes)
    _radio(fields, attributes)
    return Position(
        time_ms,
        **where,
        **alarms,
        satellites=_decimal(fields[10]) if len(fields) > 10 else None,
        attributes=attributes,
    )


def _place(fields: Sequence[str], attributes: dict[str, str]) -> dict[str, Any]:
    latitude_deg = _degrees(fields[3], fields[4] == "S")
    longitude_deg = _degrees(fields[5], fields[6] == "W")
    if not latitude_deg and not longitude_deg:
        return {"valid": False}
    if not (abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180):
        attributes["badPlace"] = f"{latitude_deg},{longitude_deg}"
        return {"valid": False}
    found: dict[str, Any] = {
        "valid": fields[2] == "A",
        "latitude_deg": latitude_deg,
        "longitude_deg": longitude_deg,
    }
    for at, name, lowest, highest in _MOTION:
        if len(fields) > at and fields[at]:
            value = _number(fields[at])
            if lowest <= value <= highest:
                found[name] = value
    return found


_MOTION = (
    (7, "speed_kmh", 0, 10_000),
    (8, "course_deg", 0, 360),
    (9, "altitude_m", -12_262, 18_000),
)


def _number(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError as error:
        raise ProtocolError(PROTOCOL_NAME, f"a number is due, {text!r} came") from error


def _degrees(text: str, negative: bool) -> float:
    degrees = _number(text)
    return -abs(degrees) if negative else degrees


def _decimal(text: str) -> int | None:
    is_whole = text.isascii() and text.isdecimal() and len(text) <= 10
    return int(text) if is_whole else None


def _alarms(kind: str, fields: Sequence[str], attributes: dict[str, str]) -> dict[str, Any]:
    """Bits from 16 on are alarms; of the states below, a fence's count only in an alarm's frame."""
    is_alarm = kind.startswith("AL")
    state = 0
    if len(fields) > _STATE_AT:
        try:
            state = int(fields[_STATE_AT], 16) & 0xFFFF_FFFF
        except ValueError:
            attributes["field:state"] = fields[_STATE_AT]
        else:
            attributes["status"] = fields[_STATE_AT]
    if not state and not is_alarm:
        return {}
    meant = _IN_ALARMS if is_alarm else _IN_PLACES
    found = {bit: name for bit, name in meant.items() if state >> bit & 1}
    if not found:
        return {"alarm": "general", "event_codes": (kind,)} if is_alarm else {}
    alarms = list(dict.fromkeys(found.values()))
    if len(alarms) > 1:
        attributes["alarms"] = ",".join(alarms)
    return {"alarm": alarms[0], "event_codes": tuple(map(str, found))}


def _radio(fields: list[str], attributes: dict[str, str]) -> None:
    at = _CELLS_AT + 2
    count = _decimal(fields[_CELLS_AT]) if len(fields) > _CELLS_AT else None
    if count and len(fields) > _FIRST_CELL_AT:
        at = _cells(fields, min(count, _MOST_CELLS), attributes)
    rest = fields[at:]
    if not rest:
        return
    stations, tail_at = [], 0
    for index, field in enumerate(rest):
        if len(field) == _MAC_LENGTH and field[2] == ":" and field.count(":") == 5:
            strength = rest[index + 1] if index + 1 < len(rest) else ""
            stations.append(station_text(field, _strength(strength)))
            tail_at = index + 2
    if stations:
        attributes["wifi"] = joined(stations)
    _tail(rest[tail_at:], attributes)


def _strength(text: str) -> int | None:
    value = _decimal(text.lstrip("-"))
    return None if value is None else -value


def _cells(fields: Sequence[str], count: int, attributes: dict[str, str]) -> int:
    """Notes the cells; returns where the fields after them begin.

    The strengths are in the watch's own steps. Some makers write areas and cells in hex.
    """
    country, network = _decimal(fields[_COUNTRY_AT]), _decimal(fields[_COUNTRY_AT + 1])
    cells: list[str] = []
    strengths: list[str] = []
    at = _FIRST_CELL_AT
    while len(cells) < count and at + 1 < len(fields) and fields[at] and fields[at + 1]:
        area, cell = _decimal(fields[at]), _decimal(fields[at + 1])
        if area is None or cell is None:
            area, cell = _hexadecimal(fields[at]), _hexadecimal(fields[at + 1])
        if area is None or cell is None:
            break
        cells.append(cell_text(country or 0, network or 0, area, cell))
        strengths.append(fields[at + 2] if at + 2 < len(fields) else "")
        at += 3
    if not cells:
        return at + 3 if not any(fields[_COUNTRY_AT : at + 2]) else at
    if country:
        attributes["cells"] = joined(cells)
        if any(strengths):
            attributes["field:cellSignals"] = ",".join(strengths)
    return at


def _hexadecimal(text: str) -> int | None:
    try:
        return int(text, 16) if len(text) <= 8 else None
    except ValueError:
        return None


def _tail(fields: list[str], attributes: dict[str, str]) -> None:
    """A number with a point at the end is the accuracy."""
    if fields and "." in fields[-1]:
        accuracy_m = _number(fields.pop())
        if 0 < accuracy_m < 100_000:
            attributes["accuracyM"] = str(accuracy_m)
    rest = [field for field in fields if field not in _NOTHING]
    if rest:
        attributes["extra"] = ",".join(rest)
