"""TopFlyTech's other messages: driving, crashes, networks, Wi-Fi, serial ports, locks.

Source: TOPFLYtech 0x25 0x25, 0x26 0x26 and 0x27 0x27 Protocol; captured frames.
"""

from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.topflytech.accessories import (
    read_accessories,
    read_asset_accessories,
    read_second_accessories,
)
from milepost.protocols.topflytech.fields import (
    ASSET,
    NAME,
    OBD,
    PLACE_BYTES,
    TIME_BYTES,
    is_place,
    read_motion,
    read_place,
    read_time,
    time_ms,
)
from milepost.protocols.wire.radio import joined, station_text
from milepost.protocols.wire.report import Report

Read = Callable[[Report, bytes], int]
"""(report, content) -> the alarm's code, 0 for none. Raises ProtocolError."""

_HALF_BYTES = TIME_BYTES + PLACE_BYTES + 2
"""Time, place, engine speed: how a driving event begins, and how it ends."""
_NOTHING = b"\xff" * 12
_STATION_BYTES = 7
_MAX_STATIONS = 16
_NO_NUMBER = 0xFFFF


def _driving(report: Report, content: bytes) -> int:
    """What the driver did, then how it began and ended; odd kinds speed up, even ones brake."""
    kind = content[0]
    read_time(report, content, 1)
    halves = [content[at : at + _HALF_BYTES] for at in (1, 1 + _HALF_BYTES)]
    for half in halves:
        if len(half) == _HALF_BYTES:
            _half(report, half)
    report.event(f"driving:{kind}")
    report.note("greenDrivingType", kind)
    report.alarm("harsh_acceleration" if kind & 1 else "harsh_braking")
    return 0


def _half(report: Report, half: bytes) -> None:
    if half[TIME_BYTES : TIME_BYTES + 12] != _NOTHING and is_place(half, TIME_BYTES):
        read_place(report, half, TIME_BYTES, located=True)
    elif "speed_kmh" not in report.fields:
        read_motion(report, half, TIME_BYTES + 12)
    rpm = int.from_bytes(half[-2:], "big")
    if rpm != _NO_NUMBER:
        report.fields["engine_rpm"] = float(rpm)


def _acceleration(report: Report, content: bytes) -> int:
    report.event(f"acceleration:{content[0]}")
    report.note("greenDrivingType", content[0])
    _search(report, content)
    return 0


def _crash(report: Report, content: bytes) -> int:
    report.alarm("crash")
    _search(report, content)
    report.note("crashData", content.hex())
    return 0


def _network(report: Report, content: bytes) -> int:
    """Time; operator in UTF-16, technology, band, IMSI and ICCID, each with its length."""
    read_time(report, content, 0)
    at = TIME_BYTES
    for name, encoding in _NETWORK:
        length = content[at] if at < len(content) else 0
        value = content[at + 1 : at + 1 + length].decode(encoding, "replace").rstrip("\0F")
        at += 1 + length
        if value:
            report.note(name, value)
    return 0


_NETWORK = (
    ("operator", "utf-16-le"),
    ("networkType", "latin-1"),
    ("network:band", "latin-1"),
    ("imsi", "latin-1"),
    ("iccid", "latin-1"),
)


def _stations(report: Report, content: bytes) -> int:
    """Time, the tracker's own address, then of each station address and strength."""
    read_time(report, content, 0)
    pieces = [
        content[at : at + _STATION_BYTES]
        for at in range(12, len(content) - _STATION_BYTES + 1, _STATION_BYTES)
    ]
    known = [piece for piece in pieces[:_MAX_STATIONS] if piece[:6].strip(b"\0\xff")]
    if known:
        report.note("wifi", joined(station_text(piece[:6], _dbm(piece[6])) for piece in known))
    return 0


def _dbm(raw: int) -> int:
    return raw - 256 if raw >= 0x80 else -raw


def _serial(report: Report, content: bytes) -> int:
    """What came over a serial port, after the time."""
    moment_ms = time_ms(content, 0)
    if moment_ms is not None:
        report.fields["fix_time_ms"] = moment_ms
        content = content[TIME_BYTES:]
    report.note("serial", content.hex())
    return 0


def _diagnosis(report: Report, content: bytes) -> int:
    """What the vehicle answers to an OBD request, as it is, after the time."""
    read_time(report, content, 0)
    report.note("obd:data", content[TIME_BYTES:].hex())
    return 0


def _unknown(report: Report, content: bytes) -> int:
    """Kept as it is; a time that a place follows is found, or one that it begins with."""
    moment_ms = time_ms(content, 0)
    if moment_ms is not None:
        report.fields["fix_time_ms"] = moment_ms
    _search(report, content)
    report.note("data", content.hex())
    return 0


def _search(report: Report, content: bytes) -> None:
    for at in range(len(content) - TIME_BYTES + 1):
        moment_ms = time_ms(content, at)
        if moment_ms is not None and is_place(content, at + TIME_BYTES):
            report.fields["fix_time_ms"] = moment_ms
            read_place(report, content, at + TIME_BYTES, located=True)
            return


MESSAGES: Mapping[int, Read] = {
    0x05: _driving,
    0x06: _acceleration,
    0x07: _crash,
    0x09: _serial,
    0x10: read_accessories,
    0x11: _network,
    0x12: read_second_accessories,
    0x15: _stations,
    0x21: _serial,
    0x22: _serial,
    0x23: _serial,
}
"""Message type -> what reads it."""
OBD_MESSAGES: Mapping[int, Read] = {**MESSAGES, 0x09: _diagnosis}
ASSET_MESSAGES: Mapping[int, Read] = {
    0x05: _network,
    0x10: read_asset_accessories,
    0x12: read_second_accessories,
    0x15: _stations,
}
_OF_FAMILY: Mapping[int, Mapping[int, Read]] = {OBD: OBD_MESSAGES, ASSET: ASSET_MESSAGES}


def read_other(report: Report, family: int, kind: int, content: bytes) -> int:
    """Set what a message says that is neither a location nor an alarm; gives the alarm's code.

    Raises:
        ProtocolError: it is empty, or there is no time where one is due.
    """
    if not content:
        raise ProtocolError(NAME, f"a message {family:04x}{kind:02x} without content")
    known = _OF_FAMILY.get(family, MESSAGES)
    if kind not in known:
        report.event(f"{family:04x}{kind:02x}")
    return known.get(kind, _unknown)(report, content)
