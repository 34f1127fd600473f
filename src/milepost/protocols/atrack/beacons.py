"""The custom field %BC: what Bluetooth beacons said.

Either `kind:mask:hex`, where the mask's bits from 7 down tell which values each beacon has, or
frames, each with its length before it.

Source: "AX Protocol Document", AT$BLEF; captured frames.
"""

from collections.abc import Callable, Sequence

from milepost.protocols.wire.radio import station_text
from milepost.protocols.wire.report import Report

_ADDRESS_BYTES = 6
_FRAME_BYTES = 13
_MOST_BEACONS = 32


def _address(report: Report, tag: str, data: bytes) -> None:
    report.attributes[f"{tag}Mac"] = station_text(data)


def _temperature(report: Report, tag: str, data: bytes) -> None:
    report.note(f"{tag}TempC", int.from_bytes(data, "big", signed=True) / 100)


def _humidity(report: Report, tag: str, data: bytes) -> None:
    report.note(f"{tag}HumidityPct", int.from_bytes(data, "big") / 100)


def _unexplained(report: Report, tag: str, data: bytes) -> None:
    report.attributes[f"{tag}:6"] = data.hex()


_MASKED: Sequence[tuple[int, int, Callable[[Report, str, bytes], None]]] = (
    (7, _ADDRESS_BYTES, _address),
    (6, 2, _unexplained),
    (5, 2, _temperature),
    (4, 2, _humidity),
)
"""Bit of the mask, bytes, reader."""
_EXPLAINED_BITS = 0b1111_0000


def read_beacons(report: Report, *, has_frames: bool) -> None:
    """Takes the beacons out of the report's attribute `custom:BC`; what is unclear stays there."""
    text = report.attributes.get("custom:BC")
    if text is None:
        return
    head, _, digits = text.rpartition(":")
    data = _bytes_of(digits)
    if data is None:
        return
    mask = head.rpartition(":")[2]
    if mask.isascii() and mask.isdigit() and len(mask) <= 3:
        read = _read_masked(report, int(mask), data)
    else:
        read = has_frames and not head and _read_frames(report, data)
    if read:
        del report.attributes["custom:BC"]


def _bytes_of(digits: str) -> bytes | None:
    try:
        return bytes.fromhex(digits) or None
    except ValueError:
        return None


def _read_masked(report: Report, mask: int, data: bytes) -> bool:
    values = [(width, read) for bit, width, read in _MASKED if mask >> bit & 1]
    size = sum(width for width, _ in values)
    if mask & ~_EXPLAINED_BITS or not size or len(data) % size:
        return False
    for number, start in enumerate(range(0, len(data), size), 1):
        offset = start
        for width, read in values:
            read(report, f"tag{number}", data[offset : offset + width])
            offset += width
    return True


def _read_frames(report: Report, data: bytes) -> bool:
    """Address, a type, temperature, humidity, and two bytes that are not explained."""
    offset, number = 0, 0
    while offset < len(data) and number < _MOST_BEACONS:
        length = data[offset]
        frame = data[offset + 1 : offset + 1 + length]
        if len(frame) != length or not length:
            return number > 0
        number += 1
        tag = f"tag{number}"
        report.attributes[f"{tag}Data"] = frame.hex()
        if length == _FRAME_BYTES:
            _address(report, tag, frame[:_ADDRESS_BYTES])
            _temperature(report, tag, frame[7:9])
            _humidity(report, tag, frame[9:11])
        offset += 1 + length
    return True
