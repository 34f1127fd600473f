"""GoSafe: G1S, G2P, G3, G6, G7, G787, G797 and others; text `*GS06,…#` and binary between F8 bytes.

Source: captured frames of firmware GS02 to GS56; field names of "GoSafe Communication Protocol".
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.gosafe.codec import MAX_BUFFER_BYTES, GoSafeCodec
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="gosafe",
    title="GoSafe (G1S, G3, G6, G7, G79 and others)",
    port=5078,
    transports=("tcp", "udp"),
    checksum="CRC-16/XMODEM in binary; none in text",
    identity="IMEI in every frame",
    acknowledges="`1234` for every frame",
    codec=GoSafeCodec,
    carries=(
        *("position", "cells", "io", "odometer", "engine_hours", "temperature", "driver", "obd"),
        "texts",
    ),
    options={TIME_ZONE: TIME_ZONE_TEXT},
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"*", b"#"),
)
