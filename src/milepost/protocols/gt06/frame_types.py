"""What each GT06 frame type consists of, in order.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1 and its successors; captured frames
where devices differ.
"""

from collections.abc import Callable, Mapping

import msgspec

from milepost.domain.message import MessageKind
from milepost.protocols.gt06.answers import read_command_answer, read_encoded_answer
from milepost.protocols.gt06.contents import (
    read_alarm_of_cell,
    read_alarm_of_cell_4g,
    read_card,
    read_diagnostics,
    read_information_packet,
    read_location_4g_or_network,
    read_location_or_network,
    read_marked_location,
    read_media_event,
    read_phone,
    read_serial_port,
    read_steps,
    read_trouble_codes,
    read_x1_location,
)
from milepost.protocols.gt06.lists import (
    read_listed_alarm,
    read_listed_heartbeat,
    read_listed_location,
    read_listed_report,
    read_timed_values,
)
from milepost.protocols.gt06.network import NETWORKS
from milepost.protocols.gt06.report import (
    FrameReport,
    read_cell_4g,
    read_location,
    read_sized_cell,
    read_wide_cell,
)
from milepost.protocols.gt06.status import (
    read_alarm_end,
    read_heartbeat,
    read_ignition_end,
    read_voltage_heartbeat,
)
from milepost.protocols.wire.cursor import Cursor

Read = Callable[[Cursor, FrameReport], None]


class FrameType(msgspec.Struct, frozen=True):
    """The kind of message that a frame type makes, and the readers of its parts."""

    kind: MessageKind
    parts: tuple[Read, ...]


def _positions(*parts: Read) -> FrameType:
    return FrameType("positions", parts)


_LOCATION_2G = _positions(read_location, read_sized_cell, read_ignition_end)
_ALARM_2G = _positions(read_location, read_sized_cell, read_alarm_end)
_NETWORK = _positions(read_location_or_network)

TYPES: Mapping[int, FrameType] = {
    **{number: _positions(read) for number, read in NETWORKS.items()},
    0x10: _positions(read_location),
    0x11: _NETWORK,
    0x12: _LOCATION_2G,
    0x13: FrameType("heartbeat", (read_heartbeat,)),
    0x15: FrameType("response", (read_command_answer,)),
    0x16: _ALARM_2G,
    0x17: _NETWORK,
    0x18: _NETWORK,
    0x19: _positions(read_alarm_of_cell),
    0x1A: _positions(read_location, read_phone),
    0x1E: _LOCATION_2G,
    0x21: FrameType("response", (read_encoded_answer,)),
    0x22: _LOCATION_2G,
    0x23: FrameType("heartbeat", (read_voltage_heartbeat,)),
    0x24: _NETWORK,
    0x25: _ALARM_2G,
    0x26: _ALARM_2G,
    0x27: _ALARM_2G,
    0x2D: _LOCATION_2G,
    0x31: _positions(read_location, read_wide_cell, read_ignition_end),
    0x2A: _positions(read_location, read_phone),
    0x32: _positions(read_marked_location),
    0x33: _positions(read_marked_location),
    0x34: _positions(read_x1_location),
    0x36: FrameType("heartbeat", (read_listed_heartbeat,)),
    0x37: _positions(read_listed_location),
    0x38: _positions(read_listed_alarm),
    0x65: _positions(read_trouble_codes),
    0x61: _positions(read_card),
    0x66: _positions(read_diagnostics),
    0x70: _positions(read_listed_report),
    0x8C: _positions(read_diagnostics),
    0x94: _positions(read_information_packet),
    0x95: _positions(read_media_event),
    0x9B: _positions(read_serial_port),
    0xA0: _positions(read_location, read_cell_4g, read_ignition_end),
    0xA2: _positions(read_location_4g_or_network),
    0xA3: _positions(read_steps),
    0xA4: _positions(read_location, read_sized_cell, read_alarm_end),
    0xA5: _positions(read_alarm_of_cell_4g),
    0xA7: _positions(read_cell_4g, read_phone),
    0xF1: _positions(read_timed_values),
    0xF2: _positions(read_timed_values),
}
