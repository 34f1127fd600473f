"""GPS103: Coban's GPS102 to GPS106, TK103, TK303, TK306 and their clones.

Source: Coban "GPRS data protocol" (GPS102, 103, 104) and "GPRS PROTOCOL" of 2014-12-12; captured
frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.gps103.codec import MAX_BUFFER_BYTES, Gps103Codec
from milepost.protocols.gps103.orders import COMMANDS
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="gps103",
    title="GPS103 (Coban GPS10x, TK103, TK303, TK306 and clones)",
    port=5001,
    transports=("tcp", "udp"),
    checksum="none",
    identity="IMEI in every frame",
    acknowledges="`LOAD` for a login, `ON` for a heartbeat, `E` for a call for help",
    codec=Gps103Codec,
    carries=("position", "cells", "alarms", "io", "fuel", "temperature", "driver", "obd", "texts"),
    aliases=("coban",),
    time_zone="UTC; a report without a fix has local time only",
    options={TIME_ZONE: TIME_ZONE_TEXT},
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b";"),
)
