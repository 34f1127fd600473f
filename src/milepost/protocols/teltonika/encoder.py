"""A Teltonika device's side of the wire: Codec 8 Extended over TCP."""

import struct
from collections.abc import Callable, Sequence

from milepost.domain.position import Position
from milepost.protocols.teltonika.elements import EVENT_ALARMS
from milepost.protocols.wire.checksums import crc16_ibm

_MAX_RECORDS = 255
_HEAD = struct.Struct(">QBiihHBHHH")

_Raw = Callable[[Position], float | None]
_Source = tuple[int, int, int, int, _Raw]

_SOURCES: tuple[_Source, ...] = (
    # element, width in bytes, lowest, highest, raw value
    (239, 1, 0, 1, lambda p: p.ignition),
    (240, 1, 0, 1, lambda p: None if p.speed_kmh is None else p.speed_kmh > 0),
    (31, 1, 0, 100, lambda p: p.engine_load_pct),
    (32, 1, -128, 127, lambda p: p.coolant_temp_c),
    (41, 1, 0, 100, lambda p: p.throttle_pct),
    (48, 1, 0, 100, lambda p: p.fuel_level_pct),
    (58, 1, -128, 127, lambda p: p.engine_oil_temp_c),
    (182, 2, 0, 65535, lambda p: None if p.hdop is None else p.hdop * 10),
    (66, 2, 0, 65535, lambda p: None if p.battery_v is None else p.battery_v * 1000),
    (36, 2, 0, 65535, lambda p: p.engine_rpm),
    (16, 4, 0, 2**32 - 1, lambda p: p.odometer_m),
    (83, 4, 0, 2**32 - 1, lambda p: None if p.fuel_used_l is None else p.fuel_used_l * 10),
    (102, 4, 0, 2**32 - 1, lambda p: None if p.engine_hours_h is None else p.engine_hours_h * 60),
)

_ALARM_EVENTS = {
    alarm: (event, value)
    for event, values in sorted(EVENT_ALARMS.items())
    for value, alarm in values.items()
}


class TeltonikaEncoder:
    """Login by IMEI, then frames of up to 255 records.

    Speed, course and altitude go out as whole numbers, as the protocol has them; a fuel level, a
    load or a temperature likewise.
    """

    def login(self, unique_id: str) -> bytes:
        """Length and IMEI."""
        return struct.pack(">H", len(unique_id)) + unique_id.encode("ascii")

    def positions(self, unique_id: str, positions: Sequence[Position]) -> bytes:
        """One frame for each 255 positions."""
        return b"".join(
            _frame(positions[start : start + _MAX_RECORDS])
            for start in range(0, len(positions), _MAX_RECORDS)
        )

    def acknowledged(self, data: bytes) -> int:
        """Frames acknowledged: a login's single byte, or four bytes for each frame."""
        return 1 if data == b"\x01" else len(data) // 4


def encode_datagram(
    unique_id: str, positions: Sequence[Position], packet_id: int, avl_packet_id: int
) -> bytes:
    """A UDP datagram with up to 255 positions."""
    records = b"".join(map(_record, positions))
    count = bytes((len(positions),))
    head = struct.pack(">HBBH", packet_id, 1, avl_packet_id, len(unique_id))
    body = head + unique_id.encode("ascii") + b"\x8e" + count + records + count
    return struct.pack(">H", len(body)) + body


def _frame(positions: Sequence[Position]) -> bytes:
    count = bytes((len(positions),))
    body = b"\x8e" + count + b"".join(map(_record, positions)) + count
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))


def _record(position: Position) -> bytes:
    elements: dict[int, list[bytes]] = {1: [], 2: [], 4: [], 8: []}
    for element_id, width, lowest, highest, raw in _SOURCES:
        value = raw(position)
        if value is not None:
            whole = min(max(round(value), lowest), highest)
            content = whole.to_bytes(width, "big", signed=lowest < 0)
            elements[width].append(element_id.to_bytes(2, "big") + content)
    event, event_value = _ALARM_EVENTS.get(position.alarm or "", (0, 0))
    if event:
        elements[1].append(event.to_bytes(2, "big") + bytes((event_value,)))
    groups = b"".join(
        struct.pack(">H", len(group)) + b"".join(group) for group in elements.values()
    )
    return _head(position, event, sum(map(len, elements.values()))) + groups + b"\x00\x00"


def _head(position: Position, event: int, total: int) -> bytes:
    fixed = position.has_fix and position.valid
    satellites = position.satellites if position.satellites is not None else 10
    return _HEAD.pack(
        position.fix_time_ms,
        0,
        round((position.longitude_deg or 0) * 1e7),
        round((position.latitude_deg or 0) * 1e7),
        min(max(round(position.altitude_m or 0), -32768), 32767),
        round(position.course_deg or 0) % 360,
        min(max(satellites, 1), 255) if fixed else 0,
        min(max(round(position.speed_kmh or 0), 0), 65534),
        event,
        total,
    )
