"""Cells, Wi-Fi stations and beacons near an Eview device; some of them have a place of their own.

Source: Eview, "EV-07B Protocol" 1.2, section 3.1; captured frames.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

from milepost.protocols.wire.radio import cell_text, joined, station_text
from milepost.protocols.wire.report import Report

Part = tuple[int, Callable[[Report, bytes], None]]
_OPERATOR = struct.Struct("<HB")
_CELL = struct.Struct("<bHH")
_LTE_CELL = struct.Struct("<bHI")
_STATION = struct.Struct("<b6s")
_PLACE = struct.Struct("<ii")
_DEGREES = 1e-7
_HAS_PLACE, _HAS_NAME = 0x80, 0x40


def _dbm(signal: int) -> int | None:
    """Strengths that are not negative are in the device's own steps."""
    return signal if signal < 0 else None


def _cells(cell: struct.Struct) -> Callable[[Report, bytes], None]:
    def put(report: Report, value: bytes) -> None:
        country, network = _OPERATOR.unpack_from(value)
        listed = value[_OPERATOR.size :]
        listed = listed[: len(listed) - len(listed) % cell.size]
        texts = [
            cell_text(country, network, area, number, _dbm(signal))
            for signal, area, number in cell.iter_unpack(listed)
        ]
        _append(report, "cells", joined(texts))

    return put


def _append(report: Report, name: str, text: str) -> None:
    before = report.attributes.get(name)
    report.attributes[name] = text if before is None else f"{before} {text}"


def _stations(report: Report, value: bytes) -> None:
    """Strength and address each, most significant byte first."""
    listed = value[: len(value) - len(value) % _STATION.size]
    texts = [station_text(mac, _dbm(signal)) for signal, mac in _STATION.iter_unpack(listed)]
    _append(report, "wifi", joined(texts))


def _named_stations(report: Report, value: bytes) -> None:
    """Strength, address, and a name behind its length."""
    stations = list(_split(value))
    _append(report, "wifi", joined(station_text(mac, _dbm(signal)) for signal, mac, _ in stations))
    names = ",".join(name.replace(",", " ") for _, _, name in stations)
    before = report.attributes.get("wifiNames")
    report.attributes["wifiNames"] = names if before is None else f"{before},{names}"


def _split(value: bytes) -> Iterator[tuple[int, bytes, str]]:
    start = 0
    while start + _STATION.size < len(value):
        signal, mac = _STATION.unpack_from(value, start)
        end = start + _STATION.size + 1 + value[start + _STATION.size]
        yield signal, mac, _text(value[start + _STATION.size + 1 : end])
        start = end


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")


def _place(report: Report, value: bytes, start: int, located_by: str) -> int:
    """A place that was given to a station or beacon; the receiver's own goes first."""
    if start + _PLACE.size > len(value):
        return start
    if "latitude_deg" not in report.fields:
        latitude, longitude = _PLACE.unpack_from(value, start)
        report.place(latitude * _DEGREES, longitude * _DEGREES, valid=True)
        if "latitude_deg" in report.fields:
            report.attributes["locatedBy"] = located_by
    return start + _PLACE.size


def _describe(report: Report, value: bytes, start: int) -> None:
    if start < len(value):
        report.attributes["description"] = _text(value[start:])


def _placed_beacon(report: Report, value: bytes) -> None:
    """Address, place and description."""
    report.attributes[f"tag{_next_tag(report)}Mac"] = _address(value[:6])
    _describe(report, value, _place(report, value, 6, "beacon"))


def _next_tag(report: Report) -> int:
    number = 1
    while f"tag{number}Mac" in report.attributes:
        number += 1
    return number


def _address(value: bytes) -> str:
    """Least significant byte first."""
    return station_text(value[::-1])


def _home_station(report: Report, value: bytes) -> None:
    """Flags, address, strength; place and description where the flags say so."""
    flags, signal = value[0], value[7] - (value[7] >> 7 << 8)
    _append(report, "wifi", station_text(value[6:0:-1], _dbm(signal)))
    start = _place(report, value, 8, "wifi") if flags & _HAS_PLACE else 8
    if flags & _HAS_NAME:
        _describe(report, value, start)


def _beacon(battery_bytes: int) -> Callable[[Report, bytes], None]:
    """Flags, address, strength, strength at 1 m, perhaps the battery; then as with stations."""

    def put(report: Report, value: bytes) -> None:
        flags, number = value[0], _next_tag(report)
        report.attributes[f"tag{number}Mac"] = _address(value[1:7])
        report.attributes[f"tag{number}Signal"] = str(value[7] - (value[7] >> 7 << 8))
        start = 9 + battery_bytes
        if battery_bytes and len(value) > 9:
            report.attributes[f"tag{number}BatteryPct"] = str(value[9])
        if flags & _HAS_PLACE:
            start = _place(report, value, start, "beacon")
        if flags & _HAS_NAME and start < len(value):
            start = _named(report, number, value, start)
        elif start < len(value):
            report.attributes[f"tag{number}Data"] = value[start:].hex()

    return put


def _named(report: Report, number: int, value: bytes, start: int) -> int:
    """A name, which newer devices put behind its length, and more behind it."""
    length = value[start]
    end = start + 1 + length if 0 < length < 0x20 else len(value)
    begin = start + 1 if end <= len(value) and length < 0x20 else start
    name = _text(value[begin:end])
    report.attributes[f"tag{number}Name"] = name
    report.attributes["description"] = name
    if end < len(value):
        report.attributes[f"tag{number}Data"] = value[end:].hex()
    return end


PARTS: Mapping[int, Part] = {
    0x19: (_STATION.size + 1, _named_stations),
    0x21: (_OPERATOR.size + _CELL.size, _cells(_CELL)),
    0x22: (_STATION.size, _stations),
    0x23: (6, _placed_beacon),
    0x28: (8, _beacon(0)),
    0x29: (_OPERATOR.size + _LTE_CELL.size, _cells(_LTE_CELL)),
    0x2A: (8, _home_station),
    0x2C: (9, _beacon(1)),
}
"""Key -> the fewest bytes, and where they go."""
