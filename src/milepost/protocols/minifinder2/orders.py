"""Texts to Eview devices: the commands that they also take by SMS.

Source: captured answers: command 4, key 1F, a byte of 0, the text.
"""

from milepost.domain.command import CustomText
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.minifinder2.frame import framed

_SYSTEM, _TEXT = 0x04, 0x1F
_LONGEST_BYTES = 253


def _send(text: str, order: Order) -> bytes:
    content = text.encode()
    if len(content) > _LONGEST_BYTES:
        raise InvalidInput("text", text, f"at most {_LONGEST_BYTES} bytes")
    return framed(order.number, bytes((_SYSTEM, len(content) + 2, _TEXT, 0)) + content)


COMMANDS: Writers = texts({CustomText: "{text}"}, _send)
