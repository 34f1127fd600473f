"""Arnavi: 4, 5, Integral, Beacon and others; text frames, and binary packages of tags.

Source: Arnavi, text protocol V3 to V6 and "INTERNAL protocol"; captured frames.
"""

from milepost.protocols.arnavi.codec import MAX_BUFFER_BYTES, ArnaviCodec
from milepost.protocols.contract import DeviceProtocol

PROTOCOL = DeviceProtocol(
    name="arnavi",
    title="Arnavi",
    port=5101,
    transports=("tcp",),
    checksum="sum of time and content in binary packets, XOR in texts",
    identity="IMEI or number in the header; number in each text",
    acknowledges="`7B 00 n 7D` for package n; the time for headers 23 to 25; `RCPTOK` for texts",
    codec=ArnaviCodec,
    carries=("position", "cells", "io", "odometer", "engine_hours", "fuel", "j1939", "texts"),
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
