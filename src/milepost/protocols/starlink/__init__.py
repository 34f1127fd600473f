"""ERM Advanced Telematics' StarLink trackers: `$SLU` texts whose fields the device's owner chooses.

Source: ERM, "StarLink communication protocol", event report (message 06) and the tags of its
parameter 0177; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.starlink.codec import MAX_BUFFER_BYTES, StarlinkCodec
from milepost.protocols.starlink.tags import DATE_FORMAT, FORMAT

PROTOCOL = DeviceProtocol(
    name="starlink",
    title="ERM StarLink",
    port=5136,
    transports=("tcp", "udp"),
    checksum="sum of what is between `$` and `*`",
    identity="in every frame",
    acknowledges="nothing",
    codec=StarlinkCodec,
    carries=(
        *("position", "cells", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "beacons", "texts"),
    ),
    aliases=("erm",),
    options={
        FORMAT: "the device's parameter 0177: the tags of an event report, separated by commas",
        DATE_FORMAT: "order of its dates: yyMMddHHmmss or ddMMyyHHmmss",
    },
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
