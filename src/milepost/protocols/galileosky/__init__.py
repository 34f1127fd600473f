"""Galileosky: GLONASS/GPS, 7.x, 10, Base Block and others, also over Iridium.

Source: Galileosky, "Server exchange protocol"; captured frames.
"""

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
    Reboot,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Write, Writers, texts
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.galileosky.codec import COMPRESSED, MAX_BUFFER_BYTES, GalileoskyCodec
from milepost.protocols.wire.checksums import crc16_modbus

_MOST_TEXT_BYTES = 255


def _packet(text: str, order: Order) -> bytes:
    """IMEI, device number 0, the command's number, its text."""
    content = text.encode("cp1251", "replace")
    imei = order.unique_id.rjust(15, "0")
    if len(content) > _MOST_TEXT_BYTES or len(imei) != 15 or not imei.isascii():
        raise InvalidInput("text", text, f"{_MOST_TEXT_BYTES} bytes for a device with an IMEI")
    tags = (
        b"\x03" + imei.encode("ascii"),
        b"\x04\x00\x00",
        b"\xe0" + order.number.to_bytes(4, "little"),
        bytes((0xE1, len(content))) + content,
    )
    body = b"".join(tags)
    frame = b"\x01" + len(body).to_bytes(2, "little") + body
    return frame + crc16_modbus(frame).to_bytes(2, "little")


def _output(state: int) -> Write:
    """The device counts its outputs from 0."""

    def write(command: OutputOn | OutputOff, order: Order) -> bytes:
        return _packet(f"Out {command.output - 1},{state}", order)

    return write


_TEXTS: dict[type[Command], str] = {
    EngineStop: "Out 0,1",
    EngineResume: "Out 0,0",
    Reboot: "Reset",
    CustomText: "{text}",
}
_COMMANDS: Writers = {**texts(_TEXTS, _packet), OutputOn: _output(1), OutputOff: _output(0)}

PROTOCOL = DeviceProtocol(
    name="galileosky",
    title="Galileosky",
    port=5034,
    transports=("tcp",),
    checksum="CRC-16/MODBUS over the packet, little-endian; none over Iridium",
    identity="IMEI in the first packet, or in each record",
    acknowledges="`02` and the packet's checksum; `07` and the checksum for pictures",
    codec=GalileoskyCodec,
    carries=(
        "position",
        "cells",
        "alarms",
        "io",
        "odometer",
        "fuel",
        "temperature",
        "driver",
        "j1939",
        "texts",
    ),
    aliases=("galileo",),
    options={COMPRESSED: "true: what comes over Iridium is in the compressed form"},
    commands=_COMMANDS,
    max_buffer_bytes=MAX_BUFFER_BYTES,
)
