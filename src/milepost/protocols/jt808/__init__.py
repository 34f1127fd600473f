"""JT/T 808: recorders, cameras, trackers and locks of China, and the clones that build on it.

Source: JT/T 808-2011, -2013 and -2019 (terminal protocol of road-transport vehicles), JT/T
1078-2016 (video), T/JSATL 12-2017 (driver assistance); makers' extensions where their module says
so.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.jt808.codec import Jt808Codec
from milepost.protocols.jt808.commands import COMMANDS, MODEL_TEXT
from milepost.protocols.jt808.frames import MAX_BUFFER_BYTES
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="jt808",
    title="JT/T 808 (Huabao, BSJ, Jointech and others)",
    port=5015,
    transports=("tcp", "udp"),
    checksum="exclusive or of header and body",
    identity="phone number, IMEI or terminal number in every frame",
    acknowledges="`8001` with serial number and type; `8100` for a registration",
    codec=Jt808Codec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "fuel", "temperature"),
        *("driver", "beacons", "obd", "texts"),
    ),
    aliases=("huabao",),
    time_zone="+08:00",
    options={TIME_ZONE: f"{TIME_ZONE_TEXT}; +08:00 if it is not set", "model": MODEL_TEXT},
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
