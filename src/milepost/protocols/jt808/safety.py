"""Alarms of driver assistance and of driver, tyre and blind-spot monitoring: items 64 to 67.

Source: T/JSATL 12-2017, tables 4-15 to 4-23; 808-based cameras of other regions keep these layouts.
"""

from collections.abc import Mapping

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.jt808 import radio_items
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.readers import Read
from milepost.protocols.wire.report import Report

_ASSISTANCE: Mapping[int, str] = {
    0x01: "collision_warning",
    0x02: "lane_departure",
    0x03: "following_distance",
    0x04: "collision_warning",
    0x05: "lane_change",
    0x06: "overspeed",
    0x07: "collision_warning",
}
_DRIVER: Mapping[int, str] = {
    0x01: "fatigue",
    0x02: "phone_use",
    0x03: "smoking",
    0x04: "distraction",
    0x05: "driver_absent",
    0x06: "general",
    0x07: "tampering",
}
_BLIND_SPOT: Mapping[int, str] = {
    0x01: "collision_warning",
    0x02: "collision_warning",
    0x03: "collision_warning",
}
_ALARM_FROM = 0x10
_TYRES_AT = 40
_TYRE_BYTES = 9
_TYRE_ALARM_BITS = 0xFFFE
_UNKNOWN = 0xFFFF


class _Layout(msgspec.Struct, frozen=True):
    """Where an item has what; types from 10 on are events and no alarms."""

    name: str
    length: int
    alarms: Mapping[int, str]
    has_level: bool


_LAYOUTS: Mapping[int, _Layout] = {
    0x64: _Layout("adas", 47, _ASSISTANCE, has_level=True),
    0x65: _Layout("dsm", 47, _DRIVER, has_level=True),
    0x67: _Layout("bsd", 41, _BLIND_SPOT, has_level=False),
}


def _reader(layout: _Layout) -> Read:
    def read(report: Report, content: bytes) -> None:
        if len(content) < layout.length:
            raise ProtocolError(PROTOCOL_NAME, f"{len(content)} bytes are no {layout.name} alarm")
        kind = content[5]
        report.event(f"{layout.name}:{kind}")
        if kind < _ALARM_FROM:
            report.alarm(layout.alarms.get(kind, "general"))
        if layout.has_level:
            report.note("alarmLevel", content[6])
        report.note("eventFiles", content[layout.length - 16 :].hex())

    return read


def _tyres_or_cells(report: Report, content: bytes) -> None:
    """Item 66: tyres in this standard, cells with Jointech."""
    counted = content[_TYRES_AT] if len(content) > _TYRES_AT else 0
    if not counted or len(content) != _TYRES_AT + 1 + counted * _TYRE_BYTES:
        radio_items.read_cells_of_country(report, content)
        return
    for at in range(_TYRES_AT + 1, len(content), _TYRE_BYTES):
        _tyre(report, content[at : at + _TYRE_BYTES])


def _tyre(report: Report, content: bytes) -> None:
    """Place, alarm bits, kPa, °C, battery in percent; bit 0 is a report by the clock."""
    place = content[0] + 1
    bits, pressure, temperature, battery = (
        int.from_bytes(content[at : at + 2], "big") for at in (1, 3, 5, 7)
    )
    if pressure != _UNKNOWN:
        report.note(f"tire{place}PressureKpa", pressure)
    if temperature != _UNKNOWN:
        report.note(f"tire{place}TempC", temperature - 0x10000 * (temperature >> 15))
    if battery != _UNKNOWN:
        report.note(f"tire{place}BatteryPct", battery)
    report.note(f"tire{place}Status", bits)
    if bits & _TYRE_ALARM_BITS:
        report.alarm("tire_pressure")
        report.event(f"tpms:{bits}")


ANY_SIZE: Mapping[int, Read] = {
    **{item_id: _reader(layout) for item_id, layout in _LAYOUTS.items()},
    0x66: _tyres_or_cells,
}
