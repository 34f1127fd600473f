"""GT06: Concox, Jimi and their many clones.

Source: Concox "GT06 GPS Tracker Communication Protocol" 1.8.1; captured frames where clones differ.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.gt06.codec import MAX_BUFFER_BYTES, Gt06Codec
from milepost.protocols.gt06.encoder import Gt06Encoder
from milepost.protocols.gt06.orders import COMMANDS, OPTIONS
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="gt06",
    title="GT06 (Concox, Jimi and clones)",
    port=5023,
    transports=("tcp",),
    checksum="CRC-16/X-25 over length … serial number",
    identity="IMEI in the login",
    acknowledges="same type and serial number; the time for a time request",
    codec=Gt06Codec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "temperature"),
        *("driver", "beacons", "obd", "texts"),
    ),
    aliases=("concox", "jimi", "gt06n", "wetrack"),
    time_zone="UTC; some clones speak local time",
    options={TIME_ZONE: TIME_ZONE_TEXT, **OPTIONS},
    commands=COMMANDS,
    encoder=Gt06Encoder,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
