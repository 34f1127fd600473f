"""Types 9 and 11: modules, each with its number, its length and its bytes.

Source: "Cellocator Wireless Communication Protocol" 4.1.8, "Modular message (type 9, type 11)".
"""

from collections.abc import Callable, Mapping
from struct import Struct

from milepost.protocols.cellocator.frame import MODULAR, PROTOCOL_NAME, Frame
from milepost.protocols.cellocator.place import course_deg, is_fix, put_radians
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.digit_times import moment_ms
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.speeds import KMH_PER_METRE_PER_SECOND

_LOCATION = Struct("<BBBBiiiBH")
_TIME = Struct("<BBBBBBB")
_SENSORS_HEAD = Struct("<HIB")
_CENTURY = 2000
_HEAD_BYTES: Mapping[bool, int] = {True: 14 - 9, False: 19 - 9}
"""Whether it is of type 9 -> the bytes between unit id and the first module."""


def read_modules(frame: Frame, received_time_ms: int) -> Report:
    """The report of a modular frame; without a time stamp it is of the time of reception.

    Raises:
        ProtocolError: a module runs over the end, or a time is none.
    """
    is_short = frame.kind == MODULAR
    cursor = Cursor(PROTOCOL_NAME, frame.content)
    cursor.take(_HEAD_BYTES[is_short])
    report = Report(received_time_ms)
    while cursor.left:
        number = cursor.number(1)
        length = int.from_bytes(cursor.take(1 if is_short else 2), "little")
        data = cursor.take(length)
        read = _READERS.get(number)
        if read is None or not read(report, data):
            report.attributes[f"module:{number}"] = data.hex()
    return report


def _read_location(report: Report, data: bytes) -> bool:
    """Quality, modes and satellites; radians, centimetres, m/s, milliradians."""
    if len(data) < _LOCATION.size:
        return False
    quality, mode_1, mode_2, satellites, *place = _LOCATION.unpack_from(data)
    longitude, latitude, altitude_cm, speed_mps, course = place
    put_radians(report, longitude, latitude, valid=is_fix(mode_1, mode_2, satellites))
    report.motion(speed_mps * KMH_PER_METRE_PER_SECOND, course_deg(course), altitude_cm / 100)
    report.fields["satellites"] = satellites
    report.note("gnssStatus", quality)
    return True


def _read_time(report: Report, data: bytes) -> bool:
    """A validity, then second, minute, hour, day, month and year of the century."""
    if len(data) < _TIME.size:
        return False
    _, second, minute, hour, day, month, year = _TIME.unpack_from(data)
    report.fields["fix_time_ms"] = moment_ms(
        PROTOCOL_NAME, _CENTURY + year, month, day, hour, minute, second
    )
    return True


def _read_sensors(report: Report, data: bytes) -> bool:
    """A trigger, a time and a count, then values of the vehicle's bus: id, length, value."""
    if len(data) < _SENSORS_HEAD.size:
        return False
    trigger, _, count = _SENSORS_HEAD.unpack_from(data)
    report.note("event", trigger)
    cursor = Cursor(PROTOCOL_NAME, data[_SENSORS_HEAD.size :])
    for _ in range(count):
        sensor = int.from_bytes(cursor.take(2), "little")
        value = cursor.take(cursor.number(1))
        report.attributes[f"sensor:{sensor:x}"] = str(int.from_bytes(value, "little"))
    return True


_READERS: Mapping[int, Callable[[Report, bytes], bool]] = {
    2: _read_sensors,
    6: _read_location,
    7: _read_time,
}
"""Module -> its reader, which says whether it understood the bytes."""
