"""Wialon IPS 1.1, 2.0 and 2.1: Gurtam's open protocol, spoken by WiaTag and many trackers.

Source: Gurtam, "Wialon IPS" 1.1, 2.0 and 2.1; captured frames.
"""

from milepost.domain.command import CustomText
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.wialon.codec import MAX_BUFFER_BYTES, WialonCodec
from milepost.protocols.wire.checksums import crc16_ibm


def _custom(command: CustomText, order: Order) -> bytes:
    """A message to the driver or device; a text that begins with `#` is a packet as it stands."""
    text = command.text.rstrip("\r\n")
    if "\r" in text or "\n" in text:
        raise InvalidInput("text", text, "one line")
    if text.startswith("#"):
        return f"{text}\r\n".encode()
    if order.options.get("version", "1.1") < "2":
        return f"#M#{text}\r\n".encode()
    content = f"{text};"
    return f"#M#{content}{crc16_ibm(content.encode()):04X}\r\n".encode()


PROTOCOL = DeviceProtocol(
    name="wialon",
    title="Wialon IPS (WiaTag and others)",
    port=5039,
    transports=("tcp", "udp"),
    checksum="CRC-16/IBM from version 2.0 on; none before",
    identity="in the login; before each packet on UDP",
    proof="the password of the login (TCP)",
    acknowledges="`#AL#1`, `#ASD#1`, `#AD#1`, `#AB#n`, `#AP#`, `#AM#1`; `#AL#0` refuses",
    codec=WialonCodec,
    carries=("position", "cells", "alarms", "io", "driver", "texts"),
    aliases=("wialon_ips",),
    options={"version": "of the protocol for commands, 1.1 (default) or 2.0 with checksum"},
    commands={CustomText: _custom},
    max_buffer_bytes=MAX_BUFFER_BYTES,
    resynchronizes=True,
    text_frame=(b"", b"\r\n"),
)
