"""Meiligao: GT30i, GT60, VT300, VT310, VT400 of Meitrack's early years, and their clones.

Source: "Meiligao GPRS Communication Protocol GT30i/GT60/VT300/VT310/VT400" V2.1; captured frames.
"""

from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.meiligao.codec import MAX_BUFFER_BYTES, MeiligaoCodec
from milepost.protocols.meiligao.orders import COMMANDS

PROTOCOL = DeviceProtocol(
    name="meiligao",
    title="Meiligao (GT30i, GT60, VT300, VT310, VT400)",
    port=5009,
    transports=("tcp", "udp"),
    checksum="CRC-16/CCITT-FALSE",
    identity="up to 14 digits in every frame",
    acknowledges="4000 for a login, 0001 for a heartbeat",
    codec=MeiligaoCodec,
    carries=("position", "cells", "alarms", "io", "odometer", "driver", "obd", "texts"),
    aliases=("vt310", "gt60"),
    commands=COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
)
