"""Eview's EV-04, EV-05, EV-07B and pet trackers, sold as MiniFinder and others: frames of 0xAB.

Source: Eview, "EV-07B Protocol" 1.2 and "Personal Alarm Communication Protocol"; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.minifinder2.codec import MAX_BUFFER_BYTES, Minifinder2Codec
from milepost.protocols.minifinder2.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="minifinder2",
    title="Eview EV-04, EV-05, EV-07B (MiniFinder and others)",
    port=5187,
    transports=("tcp", "udp"),
    checksum="CRC-16/XMODEM over the body",
    identity="in every frame of data, as its first element",
    acknowledges="7F 01 00 with the frame's number, when its flag asks; the time when asked for it",
    codec=Minifinder2Codec,
    carries=("position", "cells", "wifi", "alarms", "odometer", "beacons", "texts"),
    aliases=("eview",),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
