"""JT600: Jointech trackers, electronic locks (JT701) and sensor gateways.

Source: Jointech "The Protocol of JT701 Product" 2.0 and 3.6; Jointech's answers on JT600C and
JT701D; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.jt600.codec import MAX_BUFFER_BYTES, Jt600Codec
from milepost.protocols.jt600.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="jt600",
    title="Jointech (JT600, JT701, GP4000, GP6000)",
    port=5014,
    transports=("tcp",),
    checksum="none",
    identity="in every frame",
    acknowledges="S39 for U01 to U03, S20 for alarms; P69 or P35 where a lock asks for it",
    codec=Jt600Codec,
    carries=(
        *("position", "cells", "alarms", "odometer", "fuel", "temperature", "driver"),
        *("beacons", "texts"),
    ),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"(", b")"),
)
