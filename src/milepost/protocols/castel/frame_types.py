"""What each of Castel's frame types consists of, and what it is answered with.

Source: Castel "IDD-213 communication protocol", section 2; "MPIP protocol", section 2.
"""

from collections.abc import Mapping

import msgspec

from milepost.domain.message import MessageKind
from milepost.protocols.castel.contents import (
    Read,
    Told,
    little,
    read_alarms,
    read_commercial_trouble_codes,
    read_history_flag,
    read_place,
    read_places,
    read_rpm,
    read_state,
    read_tags,
    read_trouble_codes,
    read_versions,
)
from milepost.protocols.castel.obd import (
    read_acceleration,
    read_cell,
    read_freeze_frame,
    read_fuel,
    read_parameters,
    read_supported,
)
from milepost.protocols.wire.cursor import Cursor


class FrameType(msgspec.Struct, frozen=True):
    """The kind of message that a frame type makes, its reader, the type of its answer or 0."""

    kind: MessageKind
    read: Read
    answer: int = 0


def _in_order(*parts: Read) -> Read:
    def read(cursor: Cursor, told: Told) -> None:
        for part in parts:
            part(cursor, told)

    return read


def _number(cursor: Cursor, told: Told) -> None:
    """The running number of an alarm or a comprehensive report."""
    told.last.note("index", little(cursor, 4))


def _sleeping(cursor: Cursor, told: Told) -> None:
    told.last.fields["fix_time_ms"] = little(cursor, 4) * 1000
    read_place(cursor, told)


def _current_location(cursor: Cursor, told: Told) -> None:
    told.attributes["index"] = str(little(cursor, 2))
    read_places(cursor, told)


def _queried(cursor: Cursor, told: Told) -> None:
    """Number, count and index of answers, parameters that failed, parameters with values."""
    told.attributes["index"] = str(little(cursor, 2))
    cursor.take(2)
    failed = [f"{little(cursor, 2):04x}=failed" for _ in range(cursor.number(1))]
    values = []
    for _ in range(cursor.number(1)):
        tag, length = little(cursor, 2), little(cursor, 2)
        value = cursor.take(length)
        text = value.decode("latin-1").strip("\0")
        shown = text if text.isascii() and text.isprintable() and text else value.hex()
        values.append(shown)
        if tag == _VIN_TAG:
            told.last.note("vin", shown)
    told.text = ",".join((*values, *failed))


_VIN_TAG = 0x2001


def _of_mileage(cursor: Cursor, told: Told) -> None:
    """CC: place, state bits, battery, odometer, seven bytes, then perhaps versions as texts."""
    read_place(cursor, told)
    if cursor.left < _MILEAGE_BYTES:
        return
    told.last.note("status", f"{little(cursor, 4):08x}")
    told.last.note("trackerBatteryLevel", cursor.number(1))
    told.last.fields["odometer_m"] = float(little(cursor, 4))
    told.last.note("data", cursor.take(7).hex())
    texts = [part for part in cursor.content[cursor.offset :].split(b"\0") if part]
    if texts and all(part.isascii() and part.decode("ascii").isprintable() for part in texts):
        cursor.rest()
        for name, part in zip(("firmware", "hardware"), texts, strict=False):
            told.last.note(name, part.decode("ascii").strip())


_MILEAGE_BYTES = 16


def _stored(cursor: Cursor, told: Told) -> None:
    """CC 2001: running number, time, a byte, place, state bits."""
    _number(cursor, told)
    cursor.take(5)
    read_place(cursor, told)


def _heartbeat(cursor: Cursor, told: Told) -> None:
    """CC 4206: a flag, a count of places with state and odometer."""
    read_history_flag(cursor, told)
    read_places(cursor, told)


TYPES_SC: Mapping[int, FrameType] = {
    0x1001: FrameType("login", _in_order(read_state, read_places, read_versions), 0x9001),
    0x1002: FrameType("other", read_state),
    0x1003: FrameType("heartbeat", read_state, 0x9003),
    0x4001: FrameType("positions", _in_order(read_history_flag, read_state, read_places, read_rpm)),
    0x4002: FrameType("positions", read_parameters),
    0x4003: FrameType("positions", read_acceleration),
    0x4004: FrameType("positions", read_supported),
    0x4005: FrameType("positions", read_freeze_frame),
    0x4006: FrameType("positions", _in_order(read_state, read_trouble_codes)),
    0x4007: FrameType(
        "positions", _in_order(_number, read_state, read_places, read_alarms), 0xC007
    ),
    0x4008: FrameType("positions", read_cell),
    0x4009: FrameType("positions", _sleeping),
    0x400B: FrameType("positions", _in_order(read_state, read_commercial_trouble_codes)),
    0x400E: FrameType("positions", read_fuel),
    0x401F: FrameType(
        "positions", _in_order(read_history_flag, _number, read_state, read_places, read_tags)
    ),
    0xA002: FrameType("response", _queried),
    0xB001: FrameType("response", _current_location),
}
"""Of `@@` frames of version 3 and 4."""

TYPES_CC: Mapping[int, FrameType] = {
    0x2001: FrameType("positions", _stored),
    0x4001: FrameType("login", _of_mileage, 0x8001),
    0x4206: FrameType("heartbeat", _heartbeat, 0x8206),
}
"""Of `$$` frames and of `@@` frames of another version."""

HISTORY_KINDS = frozenset({0x4007})
"""Types whose answer repeats their running number."""
