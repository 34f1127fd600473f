"""Ulbotech's groups of values: id, length, content.

Source: Ulbotech "T301 communication protocol", section "Data types"; captured frames.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.ulbotech.buses import read_can, read_j1708, read_obd
from milepost.protocols.wire.bits import raise_alarms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "ulbotech"
_PLACE = struct.Struct(">iiHHH")
_CELL = struct.Struct(">HHHIB")
_NO_FIX_HDOP = 9999
_IGNITION_BIT = 9
_CAN_BUS = 0x0B
_TAIL_BYTES = 3
_MARK = 0xF8

ALARM_BITS: Mapping[int, str] = {
    0: "power_cut",
    1: "movement",
    2: "overspeed",
    4: "geofence",
    10: "sos",
}
_HARSH_BITS: Mapping[int, str] = {
    0: "harsh_acceleration",
    1: "harsh_braking",
    2: "harsh_cornering",
    4: "idling",
    5: "fatigue",
    7: "high_rpm",
}
_ADC_STEPS = 4096


def _at_least(length: int, read: Callable[[bytes, Report], None]) -> "_Group":
    return length, read


_Group = tuple[int, Callable[[bytes, Report], None]]


def read_groups(content: bytes, offset: int, report: Report) -> None:
    """All groups from `offset` on; one that reaches beyond the content keeps what came of it.

    Raises:
        ProtocolError: nothing but a broken group.
    """
    while offset + 2 <= len(content):
        group_id, length, start = content[offset], content[offset + 1], offset + 2
        if group_id == _CAN_BUS and start < len(content):
            length, start = length << 8 | content[start], start + 1
        value = content[start : start + length]
        if len(value) < length and not report.says_something:
            reason = f"group {group_id:02x} of {length} bytes, {len(value)} are left"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=offset)
        shortest, read = GROUPS.get(group_id, _UNKNOWN)
        if len(value) < max(shortest, length):
            report.note(f"group:{group_id:02x}", value.hex())
        else:
            read(value, report)
        offset = start + length


def is_complete(content: bytes, offset: int) -> bool:
    """Whether the groups from `offset` on end where a checksum and the mark stand behind them."""
    while offset + _TAIL_BYTES < len(content):
        length = content[offset + 1]
        if content[offset] == _CAN_BUS:
            length = (length << 8 | content[offset + 2]) + 1
        offset += 2 + length
    return offset + _TAIL_BYTES == len(content) and content[-1] == _MARK


def note_adc(report: Report, channel: int, raw: int) -> None:
    """A voltage of -10 to 100 V, or the tracker's temperature of -55 to 125 °C, in 4096 steps."""
    value = raw * (125 + 55) / _ADC_STEPS - 55
    volts = raw * (100 + 10) / _ADC_STEPS - 10
    if channel == 0:
        # An open input reads as the smallest step below zero.
        report.fields["battery_v"] = round(max(volts, 0.0), 3)
    elif channel == 1:
        report.note("trackerTempC", round(value, 1))
    elif channel == 2:
        report.note("trackerBatteryV", round(volts, 3))
    else:
        report.note(f"ain{channel - 2}V", round(volts, 3))


def _place(value: bytes, report: Report) -> None:
    latitude, longitude, speed_kmh, course_deg, hdop = _PLACE.unpack_from(value)
    report.place(latitude / 1e6, longitude / 1e6, valid=hdop != _NO_FIX_HDOP)
    report.motion(speed_kmh, course_deg)
    if hdop != _NO_FIX_HDOP:
        report.fields["hdop"] = hdop / 100


def _cell(value: bytes, report: Report) -> None:
    country, network, area, cell, strength = _CELL.unpack_from(value)
    if country != 0xFFFF:
        report.attributes["cells"] = cell_text(country, network, area, cell, -strength)


def _status(value: bytes, report: Report) -> None:
    status, alarms = struct.unpack_from(">HH", value)
    note_status(report, status)
    raise_alarms(report, alarms, ALARM_BITS)


def note_status(report: Report, status: int) -> None:
    """The word of status bits; one of them is the ignition."""
    report.fields["ignition"] = bool(status >> _IGNITION_BIT & 1)
    report.attributes["status"] = str(status)


def _odometer(value: bytes, report: Report) -> None:
    report.fields["odometer_m"] = float(int.from_bytes(value, "big"))


def _adc(value: bytes, report: Report) -> None:
    for at in range(0, len(value) - 1, 2):
        word = value[at] << 8 | value[at + 1]
        note_adc(report, word >> 12, word & 0x0FFF)


def _geofence(value: bytes, report: Report) -> None:
    """Which fences the device is in, which it left: a bit each."""
    inside, outside = struct.unpack_from(">II", value)
    for bit in range(32):
        if (inside | outside) >> bit & 1:
            report.attributes[f"geofence{bit + 1}"] = "1" if inside >> bit & 1 else "0"


def _harsh(value: bytes, report: Report) -> None:
    report.note("greenDrivingType", value[0])
    raise_alarms(report, value[0], _HARSH_BITS)


def _vin(value: bytes, report: Report) -> None:
    text = value.decode("latin-1").strip("\0 ")
    if text:
        report.note("vin", text if text.isascii() and text.isprintable() else value.hex())


def _card(value: bytes, report: Report) -> None:
    text = value.decode("latin-1").strip("\0 \r\n")
    if text:
        is_text = text.isascii() and text.isprintable()
        report.note("driverUniqueId", text if is_text else value.hex())


def _event(value: bytes, report: Report) -> None:
    report.note("event", value[0])
    report.event(value[0])
    if len(value) > 1:
        report.note("eventData", value[1:].hex())


def _ignored(value: bytes, report: Report) -> None:
    del value, report


_UNKNOWN: _Group = (1 << 16, _ignored)

GROUPS: Mapping[int, _Group] = {
    0x01: _at_least(14, _place),
    0x02: _at_least(11, _cell),
    0x03: _at_least(4, _status),
    0x04: _at_least(4, _odometer),
    0x05: _at_least(2, _adc),
    0x06: _at_least(8, _geofence),
    0x07: _at_least(0, read_obd),
    0x09: _at_least(0, read_obd),
    0x0A: _at_least(1, _harsh),
    0x0B: _at_least(0, read_can),
    0x0C: _at_least(0, read_j1708),
    0x0D: _at_least(1, _vin),
    0x0E: _at_least(1, _card),
    0x10: _at_least(1, _event),
}
"""Group -> its shortest content, and its reader."""
