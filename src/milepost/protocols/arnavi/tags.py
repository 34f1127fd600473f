"""Arnavi: the tags of a binary packet, five bytes each.

Source: Arnavi, "INTERNAL protocol" (table of tags); captured packets of trucks, whose distance,
fuel and engine hours confirm the scales.
"""

import struct
from collections.abc import Mapping

from milepost.errors import ProtocolError
from milepost.protocols.wire.elements import Put, attribute, field, signal
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_KNOT

PROTOCOL_NAME = "arnavi"
_TAG = struct.Struct("<BI")
_FLOAT = struct.Struct("<f")
_LATITUDE, _LONGITUDE, _AREA, _NETWORK = 3, 4, 7, 8


def _supply(report: Report, raw: int) -> None:
    """Own battery and vehicle's supply, millivolts."""
    report.attributes["trackerBatteryV"] = repr((raw & 0xFFFF) / 1000)
    report.fields["battery_v"] = (raw >> 16) / 1000


def _motion(report: Report, raw: int) -> None:
    """Course in 2 degrees, altitude in 10 m, satellites GPS and GLONASS, speed in knots."""
    satellites = raw >> 16 & 0xFF
    report.motion((raw >> 24) * KMH_PER_KNOT, (raw & 0xFF) * 2, (raw >> 8 & 0xFF) * 10)
    report.fields["satellites"] = (satellites & 0x0F) + (satellites >> 4)


_PUTS: Mapping[int, Put] = {
    1: _supply,
    5: _motion,
    9: attribute("status"),
    52: field("engine_hours_h", 0.01),
    53: signal("TraveledDistance", 10),
    54: field("fuel_used_l", 0.1),
    56: field("fuel_level_pct", 0.1),
    57: field("engine_rpm"),
    58: field("coolant_temp_c", signed_bits=32),
    59: signal("Speed"),
    151: field("hdop", 0.01),
    250: attribute("index"),
}

_KEPT = frozenset({_LATITUDE, _LONGITUDE, _AREA, _NETWORK})


def read_tags(content: bytes, fix_time_ms: int) -> Report:
    """A packet's tags.

    Raises:
        ProtocolError: the content is not a whole number of tags.
    """
    if len(content) % _TAG.size:
        raise ProtocolError(PROTOCOL_NAME, f"{len(content)} bytes are no whole number of tags")
    report = Report(fix_time_ms)
    kept: dict[int, int] = {}
    attributes = report.attributes
    for tag, raw in _TAG.iter_unpack(content):
        put = _PUTS.get(tag)
        if put is not None:
            put(report, raw)
        elif tag in _KEPT:
            kept[tag] = raw
        else:
            attributes[f"tag:{tag}"] = str(raw)
    _place(report, kept)
    _cell(report, kept)
    return report


def _place(report: Report, kept: Mapping[int, int]) -> None:
    """Degrees as floating-point numbers; NaN where there are none."""
    if _LATITUDE in kept and _LONGITUDE in kept:
        latitude, longitude = (
            _FLOAT.unpack(kept[tag].to_bytes(4, "little"))[0] for tag in (_LATITUDE, _LONGITUDE)
        )
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            report.place(latitude, longitude, valid=True)
    if "latitude_deg" not in report.fields:
        for name in ("speed_kmh", "course_deg", "altitude_m"):
            report.fields.pop(name, None)


def _cell(report: Report, kept: Mapping[int, int]) -> None:
    """Area and cell, then network, country and strength of the signal."""
    area, network = kept.get(_AREA), kept.get(_NETWORK)
    if network is not None:
        report.attributes["gsmSignal"] = str(network >> 24)
    if area and network:
        report.attributes["cells"] = cell_text(
            network >> 8 & 0xFFFF, network & 0xFF, area & 0xFFFF, area >> 16
        )
