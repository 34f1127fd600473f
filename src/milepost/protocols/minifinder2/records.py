"""The elements of Eview's data frames, put together to reports.

A frame has one report or many, as a run of elements. General data (time and status) begin a report;
place, cells, stations and beacons belong to the one before them. Counts of steps, barks and the
like have times of their own, and are a report of their own unless it is the same time.

Source: Eview, "EV-07B Protocol" 1.2, section 3.1; captured frames.
"""

import struct
from collections.abc import Callable, Mapping

from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.minifinder2 import nearby
from milepost.protocols.minifinder2.alarms import put_alarms
from milepost.protocols.minifinder2.frame import PROTOCOL_NAME
from milepost.protocols.wire.report import Report

DEVICE_ID = 0x01
_ALARM, _GNSS, _GENERAL, _BARKS = 0x02, 0x20, 0x24, 0x37
_BARKING = 1 << 31
_TIMES = struct.Struct("<II")
_PLACE = struct.Struct("<iiHHhHIB")
_DEGREES = 1e-7
_CHARGING, _MOTION = 1 << 4, 1 << 9


def identity_of(value: bytes) -> str:
    """The IMEI, in digits.

    Raises:
        ProtocolError: it is none.
    """
    text = value.rstrip(b"\0").decode("latin-1")
    if not (text.isascii() and text.isalnum()):
        raise ProtocolError(PROTOCOL_NAME, f"an identity is due, {value.hex()} came")
    return text


class Records:
    """The reports of one frame."""

    __slots__ = ("_begun", "_received_time_ms", "_reports", "_seen", "unique_id")

    def __init__(self, received_time_ms: int) -> None:
        self.unique_id: str | None = None
        self._received_time_ms = received_time_ms
        self._reports: list[Report] = []
        self._seen: set[int] = set()
        self._begun = False

    def read(self, key: int, value: bytes) -> None:
        """One element. What is shorter than it has to be is kept as it came: `key:20`.

        Raises:
            ProtocolError: an identity that is none.
        """
        if key == DEVICE_ID:
            self.unique_id = identity_of(value)
        elif key == _GENERAL and len(value) >= _TIMES.size:
            self._general(value)
        elif key == _ALARM and len(value) >= _TIMES.size:
            self._alarm(value)
        elif key in _COUNTS and len(value) > 4:
            self._count(key, value)
        else:
            self._part(key, value)

    def positions(self, *, damaged: bool) -> tuple[Position, ...]:
        """All reports, in the order of the frame."""
        return tuple(report.position(damaged=damaged) for report in self._reports)

    def _begin(self, time_ms: int) -> Report:
        report = Report(time_ms)
        self._reports.append(report)
        self._seen = set()
        self._begun = True
        return report

    def _untimed(self) -> Report:
        """A report whose time is still to come."""
        report = self._begin(self._received_time_ms)
        self._begun = False
        return report

    def _at(self, key: int, time_ms: int) -> Report:
        """The present report if it is of this time and has no such element yet, or a new one."""
        if self._reports and key not in self._seen:
            report = self._reports[-1]
            if report.fields["fix_time_ms"] == time_ms:
                return report
        return self._begin(time_ms)

    def _general(self, value: bytes) -> None:
        time_s, status = _TIMES.unpack_from(value)
        if self._begun or not self._reports:
            report = self._at(_GENERAL, time_s * 1000)
        else:
            report = self._reports[-1]
            report.fields["fix_time_ms"] = time_s * 1000
            self._begun = True
        self._seen.add(_GENERAL)
        _put_status(report, status)
        if any(value[_TIMES.size :]):
            report.attributes["statusExtended"] = value[_TIMES.size :][::-1].hex()

    def _alarm(self, value: bytes) -> None:
        """Belongs to the report before it, which has its place."""
        bits, time_s = _TIMES.unpack_from(value)
        if self._reports and _ALARM not in self._seen:
            report = self._reports[-1]
        else:
            report = self._begin(time_s * 1000)
        self._seen.add(_ALARM)
        put_alarms(report, bits)

    def _count(self, key: int, value: bytes) -> None:
        report = self._at(key, int.from_bytes(value[:4], "little") * 1000)
        self._seen.add(key)
        count = int.from_bytes(value[4:8], "little")
        if key == _BARKS and count & _BARKING:
            report.attributes["bark"] = "true"
            count ^= _BARKING
        report.attributes[_COUNTS[key]] = str(count)

    def _part(self, key: int, value: bytes) -> None:
        report = self._reports[-1] if self._reports else self._untimed()
        if key == _GNSS and _GNSS in self._seen:
            report = self._begin(report.fields["fix_time_ms"])
        self._seen.add(key)
        shortest, put = _PARTS.get(key, _UNKNOWN)
        if len(value) < shortest:
            report.attributes[f"key:{key:02x}"] = value.hex()
        else:
            put(report, value)


def _put_status(report: Report, status: int) -> None:
    attributes = report.attributes
    attributes["status"] = str(status)
    attributes["trackerBatteryPct"] = str(status >> 24)
    attributes["gsmSignal"] = str(status >> 19 & 0x1F)
    attributes["mode"] = str(status >> 16 & 0x7)
    attributes["charging"] = "true" if status & _CHARGING else "false"
    attributes["motion"] = "true" if status & _MOTION else "false"


def _put_place(report: Report, value: bytes) -> None:
    latitude, longitude, speed_kmh, course, altitude, hdop, odometer_m, satellites = (
        _PLACE.unpack_from(value)
    )
    report.place(latitude * _DEGREES, longitude * _DEGREES, valid=True)
    report.motion(speed_kmh, course, altitude)
    report.fields["hdop"] = hdop / 10
    report.fields["odometer_m"] = float(odometer_m)
    report.fields["satellites"] = satellites
    report.attributes.pop("locatedBy", None)


def _raw(report: Report, value: bytes) -> None:
    del report, value


_UNKNOWN: tuple[int, Callable[[Report, bytes], None]] = (1 << 16, _raw)
_PARTS: Mapping[int, tuple[int, Callable[[Report, bytes], None]]] = {
    _GNSS: (_PLACE.size, _put_place),
    **nearby.PARTS,
}
"""Key -> the fewest bytes, and where they go."""

_COUNTS: Mapping[int, str] = {
    0x30: "steps",
    0x31: "activity",
    _BARKS: "barkCount",
    0x40: "heartRateBpm",
}
"""Key -> attribute, of a time and a number."""
