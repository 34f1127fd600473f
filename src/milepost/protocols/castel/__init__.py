"""Castel: OBD dongles (IDD-213, 218, 234) of the SC protocol and trackers (MPIP) of CC.

Source: Castel "IDD-213 communication protocol" and "MPIP protocol"; captured frames.
"""

from milepost.protocols.castel.codec import MAX_BUFFER_BYTES, CastelCodec
from milepost.protocols.castel.orders import COMMANDS
from milepost.protocols.contract import DeviceProtocol

PROTOCOL = DeviceProtocol(
    name="castel",
    title="Castel SC and CC (IDD-213, IDD-218, MPIP)",
    port=5086,
    transports=("tcp", "udp"),
    checksum="CRC-16/X-25, low byte first, over all before it",
    identity="in every frame",
    acknowledges="logins with the time (9001, 8001), heartbeats (9003, 8206), alarms (C007)",
    codec=CastelCodec,
    carries=("position", "cells", "alarms", "odometer", "fuel", "obd", "texts"),
    aliases=("idd213",),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
