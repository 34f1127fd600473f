"""Navtelecom: START, SMART and SIGNAL; NTCB with FLEX 1.0, 2.0 and 3.0.

Source: Navtelecom, "Protocol of information exchange" 6.1 and 6.2; captured frames.
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, OutputOff, OutputOn
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, texts
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.navtelecom.codec import (
    MAX_BUFFER_BYTES,
    RECORD_SIZE,
    NavtelecomCodec,
    ntcb_message,
)

_SERVER = 1


def _send(text: str, order: Order) -> bytes:
    del order
    if not text.isascii():
        raise InvalidInput("text", text, "ASCII")
    return ntcb_message(0, _SERVER, text.encode("ascii"))


PROTOCOL = DeviceProtocol(
    name="navtelecom",
    title="Navtelecom (START, SMART, SIGNAL; FLEX)",
    port=5019,
    transports=("tcp",),
    checksum="XOR of header and body (NTCB), CRC-8 0x31 (FLEX)",
    identity="IMEI in the login `*>S`",
    acknowledges="`*<S`, `*<FLEX`, `*<T`, `*<A`; `~A` with count, `~T` with number, `~C`",
    codec=NavtelecomCodec,
    carries=(
        "position",
        "cells",
        "alarms",
        "io",
        "odometer",
        "engine_hours",
        "fuel",
        "temperature",
        "j1939",
        "texts",
    ),
    aliases=("navis", "ntcb", "flex"),
    options={RECORD_SIZE: "bytes of a telemetry record, where its fields do not tell"},
    commands=texts(
        {
            EngineStop: "*!SETOUT 1Y",
            EngineResume: "*!SETOUT 1N",
            OutputOn: "*!SETOUT {output}Y",
            OutputOff: "*!SETOUT {output}N",
            CustomText: "{text}",
        },
        _send,
    ),
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
