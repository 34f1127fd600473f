"""TopFlyTech: T880x, TLW, TLD, TLP, PioneerX, TorchX, SolarX; binary, and the T8803's text.

Source: TOPFLYtech 0x25 0x25 Protocol 2021-12-22 and 2023-09-21, 0x26 0x26 and 0x27 0x27 Protocol;
TOPFLYtechCodec user manual; captured frames.
"""

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, texts
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.topflytech.codec import HEAD, MAX_BUFFER_BYTES, TopflytechCodec
from milepost.protocols.topflytech.fields import FAMILIES, VEHICLE

_INTERACTION = 0x81
_CONFIGURATION = b"\x01"
_IMEI_DIGITS = 16
OPTION = "password"
_MAKERS_DEFAULT = "0000"

_TEMPLATES: dict[type[Command], str] = {
    EngineStop: "RELAY,{{password}},On#",
    EngineResume: "RELAY,{{password}},Off#",
    CustomText: "{text}",
}


def _send(text: str, order: Order) -> bytes:
    """A configuration frame, of the generation that the device speaks."""
    password = order.options.get(OPTION, _MAKERS_DEFAULT)
    content = text.replace("{password}", password).encode("latin-1", "replace")
    spoken = int.from_bytes(order.token[:2], "big")
    family = spoken if spoken in FAMILIES else VEHICLE
    digits = "".join(filter(str.isdecimal, order.unique_id)).zfill(_IMEI_DIGITS)[-_IMEI_DIGITS:]
    length = HEAD.size + len(_CONFIGURATION) + len(content)
    head = HEAD.pack(family, _INTERACTION, length, order.number, bytes.fromhex(digits))
    return head + _CONFIGURATION + content


def _output_on(command: OutputOn, order: Order) -> bytes:
    return _relay(command.output, "On", order)


def _output_off(command: OutputOff, order: Order) -> bytes:
    return _relay(command.output, "Off", order)


def _relay(output: int, state: str, order: Order) -> bytes:
    if output != 1:
        raise InvalidInput("output", output, "1: the relay")
    return _send(f"RELAY,{{password}},{state}#", order)


PROTOCOL = DeviceProtocol(
    name="topflytech",
    title="TopFlyTech (T880x, TLW, TLD, TLP, SolarX)",
    port=5094,
    transports=("tcp", "udp"),
    checksum="none",
    identity="IMEI in every frame",
    acknowledges="the frame's head; after an alarm with its code",
    codec=TopflytechCodec,
    carries=(
        *("position", "cells", "wifi", "alarms", "io", "odometer", "fuel", "temperature"),
        *("driver", "beacons", "obd", "texts"),
    ),
    aliases=("t800x",),
    options={OPTION: "the device's command password, 0000 unless it is set"},
    commands={**texts(_TEMPLATES, _send), OutputOn: _output_on, OutputOff: _output_off},
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"(", b")"),
)
