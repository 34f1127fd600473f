"""H02: Coban, Sinotrack and many others; text frames, and binary ones that begin with `$`.

Source: "H02 GPS tracker protocol"; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.h02.codec import MAX_BUFFER_BYTES, H02Codec
from milepost.protocols.h02.encoder import H02Encoder
from milepost.protocols.h02.orders import COMMANDS
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="h02",
    title="H02 (Sinotrack, Coban and others)",
    port=5013,
    transports=("tcp", "udp"),
    checksum="none",
    identity="in every frame",
    acknowledges="V4 for heartbeats; nothing for fixes",
    codec=H02Codec,
    carries=("position", "cells", "alarms", "texts"),
    aliases=("sinotrack", "hq"),
    time_zone="UTC; some clones speak local time",
    options={TIME_ZONE: TIME_ZONE_TEXT},
    commands=COMMANDS,
    encoder=H02Encoder,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"#"),
)
