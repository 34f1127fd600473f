"""Ulbotech: T300, T301, T373 and their like, binary and as text.

Source: Ulbotech "T301 communication protocol"; captured frames.
"""

from milepost.domain.command import CustomText
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, texts
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.ulbotech.codec import MAX_BUFFER_BYTES, UlbotechCodec


def _send(text: str, _: Order) -> bytes:
    if "#" in text or not text.isascii():
        raise InvalidInput("text", text, "ASCII without #")
    return f"*TS01,{text}#".encode("ascii")


PROTOCOL = DeviceProtocol(
    name="ulbotech",
    title="Ulbotech (T300, T301, T373)",
    port=5072,
    transports=("tcp", "udp"),
    checksum="CRC-16/XMODEM over version … groups (binary); none in texts",
    identity="IMEI in every frame",
    acknowledges="a binary frame of type FE with identity and time",
    codec=UlbotechCodec,
    carries=(
        *("position", "cells", "alarms", "odometer", "driver", "obd", "j1939", "texts"),
        *("fuel", "engine_hours", "io"),
    ),
    commands=texts({CustomText: "{text}"}, _send),
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"*", b"#"),
)
