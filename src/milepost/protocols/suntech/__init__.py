"""Suntech: ST300, ST500, ST600, SA200, ST4xx, ST9xx, and the universal models.

Source: Suntech "ST300/340 Operation Manual" 1.56, "ST310U Operation Manual" 1.12, "Universal
Reporting Guide" 1.62; captured reports where the module says so.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.suntech.codec import SuntechCodec
from milepost.protocols.suntech.commands import COMMANDS
from milepost.protocols.suntech.framing import MAX_BUFFER_BYTES
from milepost.protocols.suntech.options import OPTION_TEXTS

PROTOCOL = DeviceProtocol(
    name="suntech",
    title="Suntech (ST300, ST600, SA200, ST4xx, ST9xx, universal)",
    port=5011,
    transports=("tcp", "udp"),
    checksum="none",
    identity="in every report",
    acknowledges="`AckEmerg` for an emergency",
    codec=SuntechCodec,
    carries=(
        *("position", "cells", "alarms", "io", "odometer", "engine_hours", "fuel"),
        *("temperature", "driver", "beacons", "texts"),
    ),
    options=OPTION_TEXTS,
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r"),
)
