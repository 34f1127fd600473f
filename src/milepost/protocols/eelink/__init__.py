"""Eelink: TK116, TK119, TK121, GPT06, GPT12 and others, V1.8 and V2.

Source: "EELINK Device Protocol" V2.0; "EELINK Terminal Communication Protocol" V1.8.4; captured
frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.eelink.codec import MAX_BUFFER_BYTES, EelinkCodec
from milepost.protocols.eelink.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="eelink",
    title="Eelink (TK116, TK119, TK121, GPT06, GPT12 and others)",
    port=5064,
    transports=("tcp", "udp"),
    checksum="a turning sum over UDP's envelope; none over TCP",
    identity="IMEI in the login over TCP, in every datagram over UDP",
    acknowledges="the same kind and number; the time for a login; nothing for V1's places",
    codec=EelinkCodec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "temperature", "beacons"),
        *("obd", "texts"),
    ),
    aliases=("eelink2",),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
