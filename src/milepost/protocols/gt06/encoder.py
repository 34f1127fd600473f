"""A GT06 device's side of the wire: login, and fixes of type A0 with ignition and odometer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from milepost.domain.position import Position
from milepost.protocols.wire.checksums import crc16_x25

_COORDINATE_UNIT = 1_800_000
_LOGIN, _LOCATION_4G, _ALARM_4G = 0x01, 0xA0, 0xA4
_CELL = bytes.fromhex("0106020000100000000000000a2b3c")
"""Country 262, network 2, an area and a cell: every device is somewhere."""

_ALARM_CODES = {
    "sos": 0x01,
    "power_cut": 0x02,
    "vibration": 0x03,
    "geofence_enter": 0x04,
    "geofence_exit": 0x05,
    "overspeed": 0x06,
    "low_battery": 0x0E,
    "tampering": 0x13,
    "harsh_acceleration": 0x29,
    "harsh_braking": 0x30,
    "harsh_cornering": 0x2A,
    "crash": 0x2C,
}


def frame_of(frame_type: int, content: bytes, serial: bytes, *, extended: bool = False) -> bytes:
    """A frame with its length, serial number, checksum and line end."""
    body = bytes((frame_type,)) + content + serial
    length = (len(body) + 2).to_bytes(2 if extended else 1, "big")
    checked = length + body
    header = b"\x79\x79" if extended else b"\x78\x78"
    return header + checked + crc16_x25(checked).to_bytes(2, "big") + b"\r\n"


class Gt06Encoder:
    """A device with one serial number that counts its frames.

    A fix carries ignition, odometer, speed and course in whole numbers and at most 15 satellites;
    altitude, dilution and engine values have no place in GT06. An alarm has its own frame type,
    without odometer.
    """

    def __init__(self) -> None:
        self._serial = 0

    def login(self, unique_id: str) -> bytes:
        """The IMEI in binary-coded decimals."""
        content = bytes.fromhex(unique_id.rjust(16, "0")[-16:]) + bytes.fromhex("00090000")
        return frame_of(_LOGIN, content, self._next_serial())

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """A frame for each position."""
        del unique_id
        return b"".join(self._position(position) for position in positions)

    def acknowledged(self, data: bytes) -> int:
        """Answers to logins and fixes are frames of ten bytes."""
        return data.count(b"\x78\x78\x05")

    def _next_serial(self) -> bytes:
        self._serial = self._serial % 0xFFFF + 1
        return self._serial.to_bytes(2, "big")

    def _position(self, position: Position) -> bytes:
        ignition = bytes((bool(position.ignition),))
        fix = _time(position) + _fix(position)
        code = _ALARM_CODES.get(position.alarm or "")
        if code is not None:
            information = bytes((0x40 | (0x02 if position.ignition else 0),))
            content = fix + b"\x10" + _CELL + information + bytes((6, 4, code, 2, 0xFF))
            return frame_of(_ALARM_4G, content, self._next_serial())
        odometer = round(position.odometer_m or 0).to_bytes(4, "big")
        content = fix + _CELL + ignition + b"\0\0" + odometer
        return frame_of(_LOCATION_4G, content, self._next_serial())


def _time(position: Position) -> bytes:
    moment = datetime.fromtimestamp(position.fix_time_ms // 1000, UTC)
    return bytes(
        (moment.year % 100, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    )


def _fix(position: Position) -> bytes:
    latitude, longitude = position.latitude_deg or 0.0, position.longitude_deg or 0.0
    flags = round(position.course_deg or 0) % 360
    flags |= 0x1000 if position.has_fix and position.valid else 0
    flags |= 0x0400 if latitude >= 0 else 0
    flags |= 0x0800 if longitude < 0 else 0
    satellites = min(10 if position.satellites is None else position.satellites, 15)
    return (
        bytes((0xC0 | satellites,))
        + round(abs(latitude) * _COORDINATE_UNIT).to_bytes(4, "big")
        + round(abs(longitude) * _COORDINATE_UNIT).to_bytes(4, "big")
        + bytes((min(max(round(position.speed_kmh or 0), 0), 255),))
        + flags.to_bytes(2, "big")
    )
