"""GT06's terminal information, voltage, signal and alarm: heartbeats and ends of alarm frames."""

from collections.abc import Callable, Mapping

from milepost.protocols.gt06.report import FrameReport
from milepost.protocols.wire.cursor import Cursor

ALARMS: Mapping[int, str] = {
    0x01: "sos",
    0x02: "power_cut",
    0x03: "vibration",
    0x04: "geofence_enter",
    0x05: "geofence_exit",
    0x06: "overspeed",
    0x09: "vibration",
    0x0C: "tampering",
    0x0E: "low_battery",
    0x0F: "low_battery",
    0x11: "power_off",
    0x13: "tampering",
    0x14: "door",
    0x15: "low_battery",
    0x16: "sound",
    0x18: "removing",
    0x19: "low_battery",
    0x23: "fall",
    0x25: "tampering",
    0x26: "harsh_acceleration",
    0x27: "harsh_braking",
    0x28: "harsh_cornering",
    0x29: "harsh_acceleration",
    0x2A: "harsh_cornering",
    0x2B: "harsh_cornering",
    0x2C: "crash",
    0x2E: "harsh_cornering",
    0x30: "harsh_braking",
    0x32: "removing",
}

_IGNITION_CODES: Mapping[int, bool] = {0xFE: True, 0xFF: False}

_INFORMATION_ALARMS: Mapping[int, str] = {
    1: "vibration",
    2: "power_cut",
    3: "low_battery",
    4: "sos",
    6: "geofence",
    7: "removing",
}

_HIGHEST_LEVEL = 6
_HIGHEST_SIGNAL = 100
_ARMED, _IGNITION, _CHARGING, _BLOCKED = 0x01, 0x02, 0x04, 0x80


def flag(bits: int) -> str:
    """`true` or `false`, as attributes write it."""
    return "true" if bits else "false"


def read_information(cursor: Cursor, report: FrameReport) -> None:
    """The terminal information byte: ignition, charging, armed, engine blocked, alarm."""
    information = cursor.number(1)
    report.fields["ignition"] = bool(information & _IGNITION)
    report.attributes["charging"] = flag(information & _CHARGING)
    report.attributes["armed"] = flag(information & _ARMED)
    report.attributes["blocked"] = flag(information & _BLOCKED)
    alarm = _INFORMATION_ALARMS.get(information >> 3 & 0x07)
    if alarm is not None:
        report.fields["alarm"] = alarm


def read_level(cursor: Cursor, report: FrameReport) -> None:
    """The tracker's battery: a level of 0 to 6, or percent."""
    level = cursor.number(1)
    percent = round(level * 100 / _HIGHEST_LEVEL) if level <= _HIGHEST_LEVEL else level
    if percent <= 100:
        report.attributes["trackerBatteryPct"] = str(percent)


def read_signal(cursor: Cursor, report: FrameReport) -> None:
    """Strength of the mobile signal, 0 to 4 or percent."""
    report.attributes["gsmSignal"] = str(cursor.number(1))


def read_alarm(cursor: Cursor, report: FrameReport) -> None:
    """The alarm byte; it is more exact than the three bits of the terminal information."""
    code = cursor.number(1)
    if code:
        report.event(code)
    if code in ALARMS:
        report.fields["alarm"] = ALARMS[code]
    elif code in _IGNITION_CODES:
        report.fields["ignition"] = _IGNITION_CODES[code]


def read_status(cursor: Cursor, report: FrameReport) -> None:
    """Information, battery level, signal, alarm, language; what follows is the fence's number."""
    read_information(cursor, report)
    read_level(cursor, report)
    read_signal(cursor, report)
    if cursor.left >= 2:
        read_alarm(cursor, report)
        cursor.number(1)
    if cursor.left == 2:
        report.fields["altitude_m"] = float(cursor.signed(2))


def read_voltage_status(cursor: Cursor, report: FrameReport) -> None:
    """Information, vehicle voltage in 10 mV, signal, and perhaps an alarm and a language."""
    read_information(cursor, report)
    report.fields["battery_v"] = cursor.number(2) / 100
    read_signal(cursor, report)


def read_percent_status(cursor: Cursor, report: FrameReport) -> None:
    """Information, battery in percent of two bytes, signal, alarm, language."""
    read_information(cursor, report)
    percent = cursor.number(2)
    if percent <= 100:
        report.attributes["trackerBatteryPct"] = str(percent)
    read_signal(cursor, report)
    read_alarm(cursor, report)


def read_alarm_end(cursor: Cursor, report: FrameReport) -> None:
    """The end of an alarm frame after the cell: devices differ by its length.

    Source: captured frames. Five bytes with a signal above 100 are the voltage form; six bytes
    with something else than an alarm in the fourth are the percent form.
    """
    content = cursor.content[cursor.offset :]
    if len(content) > 8:
        cursor.take(len(content) - 5)
        read_status(cursor, report)
    elif len(content) == 5 and content[2] > _HIGHEST_SIGNAL:
        read_voltage_status(cursor, report)
    elif len(content) == 6 and content[3] and content[3] not in ALARMS:
        read_percent_status(cursor, report)
    elif len(content) >= 3:
        read_status(cursor, report)


def read_marked_alarm_end(cursor: Cursor, report: FrameReport) -> None:
    """Type 32: a byte more, then the status and perhaps an altitude."""
    cursor.take(min(1, cursor.left))
    if cursor.left >= 3:
        read_status(cursor, report)


def read_ignition_end(cursor: Cursor, report: FrameReport) -> None:
    """The end of a location frame: ignition, upload reason, real-time or repeated, odometer …"""
    read = _LOCATION_ENDS.get(cursor.left)
    if read is not None:
        read(cursor, report)
        return
    flags = cursor.content[cursor.offset : cursor.offset + 3]
    if len(flags) < 3 or flags[2] > 1:
        return
    report.fields["ignition"] = cursor.number(1) != 0
    report.attributes["uploadReason"] = str(cursor.number(1))
    report.attributes["repeated"] = flag(cursor.number(1))
    if cursor.left in (4, 6):
        report.fields["odometer_m"] = float(cursor.number(4))
    if cursor.left == 2:
        report.fields["altitude_m"] = float(cursor.signed(2))


def _read_measurements_end(cursor: Cursor, report: FrameReport) -> None:
    """Information, vehicle voltage, signal, two bytes, temperature in 1 °C, odometer."""
    read_voltage_status(cursor, report)
    cursor.take(2)
    report.attributes["temp1C"] = str(cursor.signed(2))
    report.fields["odometer_m"] = float(cursor.number(4))


def _read_sensors_end(cursor: Cursor, report: FrameReport) -> None:
    """Ignition, three bytes, odometer, four bytes, temperature in 0.01 °C, two bytes."""
    report.fields["ignition"] = cursor.number(1) != 0
    cursor.take(3)
    report.fields["odometer_m"] = float(cursor.number(4))
    cursor.take(4)
    report.attributes["temp1C"] = str(cursor.signed(2) / 100)


_LOCATION_ENDS: Mapping[int, Callable[[Cursor, FrameReport], None]] = {
    5: read_voltage_status,
    12: _read_measurements_end,
    16: _read_sensors_end,
}


def read_heartbeat(cursor: Cursor, report: FrameReport) -> None:
    """Type 13: five bytes of status, or a longer form with percent, voltage or temperature."""
    content = cursor.content
    if len(content) < 14:
        read_short_heartbeat(Cursor("gt06", content[:5]), report)
        return
    read_information(cursor, report)
    if content[1] == 0x80:
        cursor.take(4)
        read_level_percent(cursor, report)
        cursor.take(1)
        report.fields["battery_v"] = cursor.number(2) / 100
    else:
        cursor.take(11)
        report.attributes["temp1C"] = str(cursor.signed(2) / 10)


def read_short_heartbeat(cursor: Cursor, report: FrameReport) -> None:
    """Type 13 as documented; where the third byte is no signal, only the information is sure."""
    if cursor.left >= 3 and cursor.content[2] <= _HIGHEST_SIGNAL:
        read_status(cursor, report)
    else:
        read_information(cursor, report)


def read_level_percent(cursor: Cursor, report: FrameReport) -> None:
    """The tracker's battery in percent."""
    report.attributes["trackerBatteryPct"] = str(cursor.number(1))


def read_voltage_heartbeat(cursor: Cursor, report: FrameReport) -> None:
    """Type 23: information, battery voltage in 10 mV, signal, language."""
    read_information(cursor, report)
    report.attributes["trackerBatteryV"] = str(cursor.number(2) / 100)
    read_signal(cursor, report)
