"""AIS-140: India's standard for vehicle location devices, and its makers' variants.

iTriangle, Roadpoint, Atlanta, RLP, CTPL, Mark, Teltonika and others.
Source: AIS-140 (Automotive Research Association of India), annexes on the protocol; captured
frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.its.codec import MAX_BUFFER_BYTES, ItsCodec
from milepost.protocols.its.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="its",
    title="AIS-140 (iTriangle, Roadpoint, Atlanta, RLP and other makers of India)",
    port=5179,
    transports=("tcp",),
    checksum="CRC-32 where a frame has eight digits; shorter sums differ by maker",
    identity="IMEI in every frame",
    acknowledges="`$,1,*` for a login of the kind 01; nothing else",
    codec=ItsCodec,
    carries=("position", "cells", "alarms", "io", "odometer", "texts"),
    aliases=("ais140",),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"$", b"\r\n"),
)
