"""iStartek VT100 to VT800 and PT60: text frames of `&&`, a letter, length, identity and command.

Source: iStartek, "GPS tracker Communication Protocol" 1.0, 1.3 and 2.2; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.startek.codec import MAX_BUFFER_BYTES, StartekCodec
from milepost.protocols.startek.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="startek",
    title="iStartek VT100, VT110, VT120, VT200, VT300, VT800, PT60",
    port=5217,
    transports=("tcp", "udp"),
    checksum="sum of all bytes before it; the length is checked, too",
    identity="in every frame",
    acknowledges="nothing",
    codec=StartekCodec,
    carries=(
        *("position", "cells", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "obd", "texts"),
    ),
    aliases=("istartek",),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
