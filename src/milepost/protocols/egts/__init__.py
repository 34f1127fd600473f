"""EGTS: terminals of ERA-GLONASS and Russian regional systems, and systems that forward for many.

Source: Order 285 of the Ministry of Transport of Russia (31.07.2012); captured packets.
"""

import struct

from milepost.domain.command import CustomText
from milepost.protocols.commands import Order
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.egts.codec import MAX_BUFFER_BYTES, EgtsCodec
from milepost.protocols.egts.packet import APPDATA, packet, record
from milepost.protocols.egts.records import COMMAND_DATA, COMMANDS_SERVICE

_MESSAGE_TO_DEVICE = 0x40
_WITH_CHARSET = 0x01
_CP1251 = 0


def _custom(command: CustomText, order: Order) -> bytes:
    """COMMAND_DATA of the kind "message to the device"; the answer repeats the number."""
    head = struct.pack("<BIIBB", _MESSAGE_TO_DEVICE, order.number, 0, _WITH_CHARSET, _CP1251)
    content = head + command.text.encode("cp1251", "replace")
    told = record(order.number, COMMANDS_SERVICE, COMMAND_DATA, content)
    return packet(APPDATA, order.number, told)


PROTOCOL = DeviceProtocol(
    name="egts",
    title="EGTS (ERA-GLONASS, Order 285)",
    port=5165,
    transports=("tcp",),
    checksum="CRC-8 0x31 over the header, CRC-16/CCITT-FALSE over the records",
    identity="IMEI or terminal id in TERM_IDENTITY; else the object id of each record",
    acknowledges="PT_RESPONSE with each record's outcome; RESULT_CODE after an identification",
    codec=EgtsCodec,
    carries=("position", "alarms", "io", "odometer", "fuel", "texts"),
    commands={CustomText: _custom},
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
