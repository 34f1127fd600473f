"""Castel's values of the vehicle: parameters by PID, freeze frames, acceleration, fuel, cells.

A parameter's number has 21 in its high byte. The values are in their unit already (degrees,
percent, 1/min), the lowest byte first, other than in SAE J1979.

Source: Castel "IDD-213 communication protocol", sections 3.5 to 3.9 and appendix 2; captured
frames.
"""

from collections.abc import Mapping

from milepost.protocols.castel.contents import Told, little, read_state
from milepost.protocols.wire.bus_readings import put_pid
from milepost.protocols.wire.cursor import Cursor
from milepost.protocols.wire.elements import Put
from milepost.protocols.wire.report import Report

_STATE_BYTES = 34
_AXES = ("axisXMg", "axisYMg", "axisZMg")

_SCALES: Mapping[int, float] = {0x10: 0.01, 0x42: 0.001, 0xA6: 100}
_SIGNED = frozenset({0x05, 0x0E, 0x0F, 0x46, 0x5C})
_READ = (
    *(0x04, 0x05, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x1F, 0x21, 0x2C, 0x2F, 0x30),
    *(0x31, 0x33, 0x3C, 0x42, 0x43, 0x45, 0x46, 0x47, 0x49, 0x4A, 0x4C, 0x4D, 0x4E, 0x5C, 0xA6),
)
PUTS: Mapping[int, Put] = {
    pid: put_pid(pid, _SCALES.get(pid, 1), signed_bits=8 if pid in _SIGNED else 0) for pid in _READ
}
"""PID -> where its value belongs."""

_LENGTHS: Mapping[int, tuple[int, ...]] = {
    1: (
        *range(0x04, 0x0C),
        *(0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x13, 0x1C, 0x1D, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x33),
        *(0x43, *range(0x45, 0x4D), 0x51, 0x52, 0x5A, 0x5B, 0x5C),
    ),
    2: (
        *(0x02, 0x03, 0x0C, 0x10, *range(0x14, 0x1C), 0x1F, 0x21, 0x22, 0x23, 0x31, 0x32),
        *(*range(0x3C, 0x40), 0x42, 0x44, 0x4D, 0x4E, 0x50, *range(0x53, 0x5A), 0x5D, 0x5E, 0x9D),
    ),
    4: (*(0x00, 0x01, 0x20, *range(0x24, 0x2C), *range(0x34, 0x3C), 0x40, 0x41, 0x4F, 0x67, 0xA6),),
}
LENGTH_OF: Mapping[int, int] = {pid: length for length, pids in _LENGTHS.items() for pid in pids}
"""PID -> bytes of its value."""


def read_parameters(cursor: Cursor, told: Told) -> None:
    """State, interval in seconds, the PIDs, and groups of their values, the newest last."""
    read_state(cursor, told)
    interval_ms = little(cursor, 2) * 1000
    pids = _pids(cursor)
    count = cursor.number(1)
    group_bytes = cursor.number(1) if cursor.left else 0
    for left in range(count - 1, -1, -1):
        content = cursor.take(group_bytes)
        report = told.earlier() if left else told.last
        if left:
            report.fields["fix_time_ms"] = max(report.fields["fix_time_ms"] - left * interval_ms, 0)
        _read_group(pids, content, report)


def read_supported(cursor: Cursor, told: Told) -> None:
    """State, the PIDs that the vehicle has."""
    read_state(cursor, told)
    pids = _pids(cursor)
    told.last.note("configuration", " ".join(f"{pid:02X}" for pid in pids))


def read_freeze_frame(cursor: Cursor, told: Told) -> None:
    """State, number of the freeze frame, its PIDs, their values."""
    read_state(cursor, told)
    told.last.note("index", cursor.number(1))
    _read_group(_pids(cursor), cursor.rest(), told.last)


def _pids(cursor: Cursor) -> list[int]:
    return [little(cursor, 2) & 0xFF for _ in range(cursor.number(1))]


def _read_group(pids: list[int], content: bytes, report: Report) -> None:
    """The values; where the lengths do not add up, the content stays in hex."""
    lengths = [LENGTH_OF.get(pid, 0) for pid in pids]
    if 0 in lengths or sum(lengths) != len(content):
        report.note("configuration", " ".join(f"{pid:02X}" for pid in pids))
        report.note("data", content.hex())
        return
    offset = 0
    for pid, length in zip(pids, lengths, strict=True):
        value = content[offset : offset + length]
        offset += length
        put = PUTS.get(pid)
        if put is None:
            report.note(f"pid:{pid:02x}", value.hex())
        else:
            put(report, int.from_bytes(value, "little"))


def read_acceleration(cursor: Cursor, told: Told) -> None:
    """State, interval, count, three axes each time in the device's unit; the last is kept."""
    read_state(cursor, told)
    cursor.take(2)
    count = cursor.number(1)
    for _ in range(count):
        axes = [int.from_bytes(cursor.take(2), "little", signed=True) for _ in _AXES]
        for name, value in zip(_AXES, axes, strict=True):
            told.last.note(name, value)


def read_cell(cursor: Cursor, told: Told) -> None:
    """State where there is room for it, area, cell."""
    if cursor.left >= _STATE_BYTES + 4:
        read_state(cursor, told)
    told.last.note("areaCode", little(cursor, 2))
    told.last.note("cellId", little(cursor, 2))


def read_fuel(cursor: Cursor, told: Told) -> None:
    """State where there is room for it, the sensor's raw value."""
    if cursor.left >= _STATE_BYTES + 2:
        read_state(cursor, told)
    told.last.note("fuelSensor1", little(cursor, 2))
