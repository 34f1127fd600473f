"""Teltonika's command codecs 12, 13, 14 and 15: answers of the device, in text or binary.

Source: Teltonika wiki, "Codec" (Codec 12, 13, 14 and 15 for communication over GPRS messages).
"""

import struct

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.teltonika.place_text import read_place
from milepost.protocols.wire.checksums import crc16_ibm

_PROTOCOL = "teltonika"
_COMMAND = 0x05
_RESPONSE = 0x06
_REFUSED = 0x11
_TEXT_KINDS = frozenset({_COMMAND, _RESPONSE, 0x0B, _REFUSED})
_REFUSALS = ("error", "unknown command", "warning", "not supported")
_LATEST_TIME_MS = 253_402_300_799_999
_TIMED_CODECS = frozenset({13, 15})
_NAMED_CODECS = frozenset({14, 15})


def read_commands(frame: bytes, codec: int, received_time_ms: int, damaged: bool) -> list[Message]:
    """The answers in a frame of codec 12 to 15, each a message.

    Raises:
        ProtocolError: an answer reaches beyond the frame.
    """
    end = len(frame) - 5
    offset = 10
    messages: list[Message] = []
    for _ in range(frame[9]):
        if offset + 5 > end:
            raise ProtocolError(_PROTOCOL, "a command reaches beyond the frame", offset=offset)
        kind, size = struct.unpack_from(">BI", frame, offset)
        offset += 5
        if offset + size > end:
            raise ProtocolError(_PROTOCOL, f"a command of {size} bytes", offset=offset)
        content = frame[offset : offset + size]
        messages.append(_message(codec, kind, content, received_time_ms, damaged))
        offset += size
    return messages


def _message(
    codec: int, kind: int, content: bytes, received_time_ms: int, damaged: bool
) -> Message:
    time_ms, unique_id = received_time_ms, None
    if codec in _TIMED_CODECS and len(content) >= 4:
        time_ms = int.from_bytes(content[:4], "big") * 1000
        content = content[4:]
    if codec in _NAMED_CODECS and len(content) >= 8:
        unique_id = content[:8].hex().lstrip("0")[:15]
        content = content[8:]
    if kind not in _TEXT_KINDS:
        attributes = {"commandType": str(kind), "data": content.hex()}
        return Message("other", unique_id, damaged=damaged, attributes=attributes)
    text = _text(content)
    position = _driver_seen(text, time_ms, damaged=damaged)
    if position is not None:
        return Message("positions", unique_id, (position,), text, damaged=damaged)
    place = read_place(text, damaged=damaged)
    accepted = False if kind == _REFUSED or text.lower().startswith(_REFUSALS) else None
    positions = () if place is None else (place,)
    return Message("response", unique_id, positions, text, damaged=damaged, accepted=accepted)


def _text(content: bytes) -> str:
    """The text, or hex where the device answers in binary (a module behind a serial port)."""
    text = content.decode("latin-1").strip("\r\n\0 ")
    return text if text.isascii() and text.isprintable() else content.hex()


def _driver_seen(text: str, time_ms: int, *, damaged: bool) -> Position | None:
    """`GTSL|6|1|0|12749884|1`: the key that a reader on the serial port saw."""
    parts = text.split("|")
    if parts[0] != "GTSL" or len(parts) < 5 or not parts[4] or time_ms > _LATEST_TIME_MS:
        return None
    attributes = {"driverUniqueId": parts[4]}
    return Position(time_ms, valid=False, damaged=damaged, attributes=attributes)


def command(content: bytes) -> bytes:
    """A Codec 12 command for the device, ready to send."""
    body = struct.pack(">BBBI", 12, 1, _COMMAND, len(content)) + content + b"\x01"
    return struct.pack(">II", 0, len(body)) + body + struct.pack(">I", crc16_ibm(body))
