"""Commands that ATrack devices understand: AT commands.

Source: "AT Series Protocol Document" 1.1.4, command list: AT$REBOOT.
"""

from milepost.domain.command import CustomText, Reboot
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts


def _sent(text: str, order: Order) -> bytes:
    del order
    try:
        return text.encode("ascii") + b"\r\n"
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


COMMANDS: Writers = texts({Reboot: "AT$REBOOT", CustomText: "{text}"}, _sent)
