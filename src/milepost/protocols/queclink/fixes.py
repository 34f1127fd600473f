"""Finds the groups of fields of a text report that say where the device was.

A group is accuracy, speed, azimuth, altitude, longitude, latitude, GPS time; then MCC, MNC, LAC and
cell id. The layouts before and after it differ by report, model and version, the group does not.

Source: Queclink @Track Air Interface Protocol, "Position Related Report".
"""

from collections.abc import Sequence
from functools import lru_cache

from milepost.protocols.queclink.values import hexadecimal, is_time, number, time_ms, whole
from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

GROUP_FIELDS = 6
"""How many fields of a group stand before its time."""
_NOTHING = frozenset({"", "0", "0.0", "0.000000"})
_STATION_FIELDS = 5


def fix_times(fields: Sequence[str], first: int, end: int) -> list[int]:
    """Where the GPS times stand: after a longitude and a latitude."""
    return [
        at
        for at in range(first + GROUP_FIELDS, end)
        if len(fields[at]) == 14
        and "." in fields[at - 1]
        and "." in fields[at - 2]
        and is_time(fields[at])
    ]


def empty_group(fields: Sequence[str], first: int, end: int, expected: int) -> int | None:
    """Where the GPS time would stand in a group without a place; None if there is no group.

    What follows is a mobile country code; a group without one is only where it is `expected`.
    """
    for at in range(first + GROUP_FIELDS - 1, end - 1):
        if _is_empty(fields, at) and fields[at + 1].isdecimal() and len(fields[at + 1]) in (3, 4):
            return at
    if GROUP_FIELDS + first <= expected < end and _is_empty(fields, expected):
        return expected
    return None


def _is_empty(fields: Sequence[str], at: int) -> bool:
    if fields[at] != "" and not is_time(fields[at]):
        return False
    return _NOTHING.issuperset(fields[at - 5 : at])


def read_fix(report: Report, fields: Sequence[str], at: int) -> None:
    """Set place and motion of the group whose time stands at `at`.

    An accuracy of 0 is a last known place. The GL100's older form says the accuracy after the
    altitude, and whether there is a fix before the speed.
    """
    accuracy, speed, azimuth, altitude, longitude, latitude = fields[at - 6 : at]
    if "." not in altitude and "." in azimuth:
        accuracy, speed, azimuth, altitude = altitude, *fields[at - 6 : at - 3]
    hdop = number(accuracy)
    latitude_deg, longitude_deg = number(latitude), number(longitude)
    moment_ms = time_ms(fields[at])
    if moment_ms is not None:
        report.fields["fix_time_ms"] = moment_ms
    if latitude_deg is not None and longitude_deg is not None:
        has_fix = hdop is None or hdop > 0
        report.place(latitude_deg, longitude_deg, valid=has_fix and moment_ms is not None)
    if hdop:
        report.fields["hdop"] = hdop
    report.motion(number(speed), number(azimuth), number(altitude))


def group_start(fields: Sequence[str], at: int) -> int:
    """Where a group begins whose time stands at `at`."""
    old_form = "." not in fields[at - 3] and "." in fields[at - 4]
    return at - 7 if old_form else at - GROUP_FIELDS


def read_network(report: Report, fields: Sequence[str]) -> int:
    """Stations and the cell that follow a GPS time; gives how many fields they are."""
    read = read_stations(report, fields)
    if len(fields) >= read + 4:
        cell = _serving_cell(*fields[read : read + 4])
        if cell:
            report.attributes["cells"] = cell
    return min(read + 4, len(fields))


def read_stations(report: Report, fields: Sequence[str]) -> int:
    """A count and stations of five fields; gives how many fields they are, 0 for none."""
    count = whole(fields[0]) if fields and len(fields[0]) in (1, 2) else None
    if count is None or not 0 <= count * _STATION_FIELDS < len(fields):
        return 0
    read = 1 + count * _STATION_FIELDS
    stations = [fields[start : start + 2] for start in range(1, read, _STATION_FIELDS)]
    text = joined(_station(*station) for station in stations if station[0])
    if text:
        report.note("wifi", text)
    return read


def _station(mac: str, strength: str) -> str:
    return station_text(mac, whole(strength))


@lru_cache(maxsize=4096)
def _serving_cell(country: str, network: str, area: str, cell: str) -> str:
    return cell_of((country, network, area, cell))


def cell_of(fields: Sequence[str], signal_dbm: int | None = None) -> str:
    """A cell of MCC, MNC, LAC and cell id, the latter two in hex; empty where there is none."""
    country, network = whole(fields[0]), whole(fields[1])
    area, cell = hexadecimal(fields[2]), hexadecimal(fields[3])
    if not country or network is None or area is None or cell is None:
        return ""
    return cell_text(country, network, area, cell, signal_dbm)
