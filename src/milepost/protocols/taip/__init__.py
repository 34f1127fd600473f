"""TAIP: Trimble's ASCII protocol, and what Lantrix, Virloc and Syrus made of it.

Source: Trimble "Copernicus GPS Receiver", appendix B; Lantrix "Protocolo TAIP"; Digital
Communications Technologies on Syrus (EV and its tags); captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.taip.codec import MAX_BUFFER_BYTES, TaipCodec
from milepost.protocols.taip.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="taip",
    title="TAIP (Trimble, Lantrix, Virloc, Syrus, CradlePoint)",
    port=5031,
    transports=("tcp", "udp"),
    checksum="XOR, where the frame has one",
    identity="ID in every frame",
    acknowledges="ACK or SAK with the frame's number; the bare ID where it has none",
    codec=TaipCodec,
    carries=("position", "cells", "io", "odometer", "temperature", "texts"),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b">", b"<"),
)
