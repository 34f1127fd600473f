"""Commands to Totem devices: `$$`, length, `CF`, password, number and values, checksum.

Source: "AT09 Protocol & Commands" 2.43, section 3.
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, PositionNow, Reboot
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.totem.frame import framed

CODE_OPTION = "devicePassword"
"""The device's option."""

_COMMAND, _DEFAULT_PASSWORD = "CF", "000000"


def _send(text: str, order: Order) -> bytes:
    password = order.options.get(CODE_OPTION, _DEFAULT_PASSWORD)
    try:
        return framed(_COMMAND, f"{password},{text}")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


COMMANDS: Writers = texts(
    {
        EngineStop: "025,C,1",
        EngineResume: "025,C,0",
        PositionNow: "012",
        Reboot: "006",
        CustomText: "{text}",
    },
    _send,
)
