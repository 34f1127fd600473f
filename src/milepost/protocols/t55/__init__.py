"""T55: whatever sends NMEA 0183 sentences over the network and says who it is beside them.

Source: NMEA 0183 3.0; u-blox "Receiver Description" (PUBX,00); Aspicore GSM Tracker "UDP protocol
description"; manuals of Maxon, CradlePoint and Sierra Wireless modems; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.t55.codec import MAX_BUFFER_BYTES, T55Codec

PROTOCOL = DeviceProtocol(
    name="t55",
    title="NMEA 0183 over the network (T55, Maxon, CradlePoint, Sierra Wireless, Aspicore)",
    port=5005,
    transports=("tcp", "udp"),
    checksum="XOR of the sentence, where it ends in one",
    identity="in a line of its own, or before or behind a sentence",
    acknowledges="OK1 for an RMC sentence",
    codec=T55Codec,
    carries=("position", "cells", "io", "fuel"),
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
