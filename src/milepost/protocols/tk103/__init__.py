"""TK103: trackers that speak in brackets, `(identityBR00…)`; Xexun, Kingneed, Vjoycar and clones.

Source: "GPRS Communication Protocol" KX402 1.5; "TK 103 Communication Protocol" 1.3 (temperature
and fuel); captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.tk103.codec import MAX_BUFFER_BYTES, Tk103Codec
from milepost.protocols.tk103.orders import ALTERNATIVE, COMMANDS
from milepost.protocols.wire.clock import TIME_ZONE, TIME_ZONE_TEXT

PROTOCOL = DeviceProtocol(
    name="tk103",
    title="TK103 (Kingneed, Xexun, Vjoycar and clones)",
    port=5002,
    transports=("tcp", "udp"),
    checksum="none",
    identity="in every frame",
    acknowledges="`AP01HSO` for a handshake, `AP05` for a login, `AS01` for an alarm",
    codec=Tk103Codec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "fuel", "temperature"),
        *("obd", "texts"),
    ),
    options={
        TIME_ZONE: TIME_ZONE_TEXT,
        ALTERNATIVE: "true for devices that take commands as `[begin]sms2,…,[end]`",
    },
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"(", b")"),
)
