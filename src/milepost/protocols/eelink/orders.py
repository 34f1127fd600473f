"""Commands to Eelink devices: texts in a package 80, which the device's answer numbers likewise.

Source: "EELINK Device Protocol" V2.0, sections 5.13 and 6.
"""

import struct

from milepost.domain.command import CustomText, EngineResume, EngineStop, PositionNow, Reboot
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.eelink.contents import ANSWER
from milepost.protocols.eelink.frame import ENVELOPE_BEGIN, enveloped, packed

_COMMAND_TEXT = 1
_IDENTITY_DIGITS = 16


def _send(text: str, order: Order) -> bytes:
    """In an envelope if the newest message came in one."""
    content = struct.pack(">BI", _COMMAND_TEXT, order.number) + text.encode()
    package = packed(ANSWER, 0, content)
    if not order.token.startswith(ENVELOPE_BEGIN):
        return package
    digits = order.unique_id
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _IDENTITY_DIGITS):
        raise InvalidInput("uniqueId", digits, "an IMEI")
    return enveloped(digits, package)


COMMANDS: Writers = texts(
    {
        EngineStop: "RELAY,1#",
        EngineResume: "RELAY,0#",
        PositionNow: "WHERE#",
        Reboot: "RESET#",
        CustomText: "{text}",
    },
    _send,
)
