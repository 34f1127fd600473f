"""Cellocator (Pointer): Cello, CelloTrack, Compact, CR200, CR300 families; MCGP.

Source: "Cellocator Wireless Communication Protocol" 4.1.8 and "CR300" 4.4.1; captured frames.
"""

from milepost.protocols.cellocator.codec import MAX_BUFFER_BYTES, CellocatorCodec
from milepost.protocols.cellocator.commands import COMMANDS
from milepost.protocols.contract import DeviceProtocol

PROTOCOL = DeviceProtocol(
    name="cellocator",
    title="Cellocator MCGP (Cello, CelloTrack, CR family)",
    port=5033,
    transports=("tcp", "udp"),
    checksum="sum of 8 bits over all behind `MCGP`",
    identity="unit id in every frame",
    acknowledges="type 4 with the message's numerator",
    codec=CellocatorCodec,
    carries=("position", "alarms", "io", "odometer", "driver", "texts"),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
