"""GT06 frames made of numbered values: types 36, 37, 38, 70, F1, F2.

Source: captured frames of WeTrack and asset trackers; ids by their values.
"""

from collections.abc import Callable, Mapping

from milepost.protocols.gt06.report import FrameReport, read_cell, read_cell_4g, read_location
from milepost.protocols.gt06.status import read_status
from milepost.protocols.wire.cursor import Cursor

_ListRead = Callable[[FrameReport, bytes], None]


def read_values(cursor: Cursor, report: FrameReport, *, length_bytes: int) -> None:
    """Pairs of id (2 bytes) and length, then the value; a broken end stays as hex."""
    while cursor.left > 2 + length_bytes:
        start = cursor.offset
        value_id = cursor.number(2)
        length = cursor.number(length_bytes)
        if length > cursor.left:
            cursor.offset = start
            report.attributes["rest"] = cursor.rest().hex()
            return
        _value(report, value_id, cursor.take(length))


def _value(report: FrameReport, value_id: int, value: bytes) -> None:
    read = _VALUES.get(value_id)
    if read is None or len(value) < _SHORTEST.get(value_id, 1):
        report.attributes[f"value:{value_id:04x}"] = value.hex()
    else:
        read(report, value)


def read_listed_location(cursor: Cursor, report: FrameReport) -> None:
    """Type 37: fix, cell, ignition, upload reason, repeated, values."""
    read_location(cursor, report)
    read_cell(cursor, report)
    report.fields["ignition"] = cursor.number(1) != 0
    cursor.take(2)
    read_values(cursor, report, length_bytes=1)


def read_listed_alarm(cursor: Cursor, report: FrameReport) -> None:
    """Type 38: fix, three bytes, cell of 4G, two bytes, values."""
    read_location(cursor, report)
    cursor.take(3)
    read_cell_4g(cursor, report)
    cursor.take(2)
    read_values(cursor, report, length_bytes=1)


def read_listed_heartbeat(cursor: Cursor, report: FrameReport) -> None:
    """Type 36: status, values."""
    read_status(Cursor("gt06", cursor.take(5)), report)
    read_values(cursor, report, length_bytes=1)


def read_listed_report(cursor: Cursor, report: FrameReport) -> None:
    """Type 70: perhaps a head of five bytes, values with lengths of two bytes."""
    if cursor.content[:2] == b"\0\0":
        cursor.take(5)
    read_values(cursor, report, length_bytes=2)


def read_timed_values(cursor: Cursor, report: FrameReport) -> None:
    """Types F1 and F2: time, values."""
    report.fields["fix_time_ms"] = cursor.number(4) * 1000
    read_values(cursor, report, length_bytes=1)


def _text(name: str) -> _ListRead:
    def read(report: FrameReport, value: bytes) -> None:
        report.attributes[name] = value.hex().rstrip("f")

    return read


def _number(name: str, divisor: int = 1) -> _ListRead:
    def read(report: FrameReport, value: bytes) -> None:
        number = int.from_bytes(value, "big")
        report.attributes[name] = str(number if divisor == 1 else number / divisor)

    return read


def _imei(report: FrameReport, value: bytes) -> None:
    report.unique_id = value.hex().removeprefix("0")


def _time(report: FrameReport, value: bytes) -> None:
    report.fields["fix_time_ms"] = int.from_bytes(value[:4], "big") * 1000


def _odometer(report: FrameReport, value: bytes) -> None:
    report.fields["odometer_m"] = float(int.from_bytes(value, "big"))


def _battery(report: FrameReport, value: bytes) -> None:
    report.attributes["trackerBatteryV"] = str(int.from_bytes(value, "big") / 100)


def _supply(report: FrameReport, value: bytes) -> None:
    if len(value) == 2:
        report.fields["battery_v"] = int.from_bytes(value, "big") / 100
    else:
        report.attributes["value:0005"] = value.hex()


def _fix(report: FrameReport, value: bytes) -> None:
    """Time, satellites, altitude, latitude, longitude, speed, course and flags."""
    cursor = Cursor("gt06", value)
    _time(report, cursor.take(4))
    satellites = cursor.take(1)
    altitude_m = cursor.signed(2)
    fix = Cursor("gt06", bytes(6) + satellites + cursor.rest())
    fix_time_ms = report.fields["fix_time_ms"]
    read_location(fix, report)
    report.fields["fix_time_ms"] = fix_time_ms
    if "latitude_deg" in report.fields:
        report.fields["altitude_m"] = float(altitude_m)


def _alarm(report: FrameReport, value: bytes) -> None:
    code = value[0]
    report.event(code)
    if code in _LISTED_ALARMS:
        report.fields["alarm"] = _LISTED_ALARMS[code]


def _beacon(report: FrameReport, value: bytes) -> None:
    """A Bluetooth sensor: address, two bytes, battery, temperature, humidity."""
    cursor = Cursor("gt06", value)
    report.attributes["tag1Id"] = cursor.take(6).hex()
    cursor.take(2)
    report.attributes["tag1BatteryPct"] = str(cursor.number(1))
    report.attributes["tag1TempC"] = str(cursor.signed(2) / 10)
    report.attributes["tag1HumidityPct"] = str(cursor.number(2) / 10)


_LISTED_ALARMS: Mapping[int, str] = {0x12: "removing"}

_VALUES: Mapping[int, _ListRead] = {
    0x0001: _imei,
    0x0002: _text("imsi"),
    0x0003: _text("iccid"),
    0x0005: _supply,
    0x0018: _battery,
    0x002B: _number("trackerBatteryPct"),
    0x002C: _time,
    0x002E: _odometer,
    0x0033: _fix,
    0x0034: _alarm,
    0x006A: _number("trackerBatteryPct"),
    0x007F: _beacon,
}

_SHORTEST: Mapping[int, int] = {0x0001: 8, 0x0002: 8, 0x0003: 8, 0x0033: 18, 0x007F: 13, 0x002C: 4}
