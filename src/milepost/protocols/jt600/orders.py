"""Commands to Jointech devices: texts in brackets."""

from milepost.domain.command import CustomText
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts


def _send(text: str, order: Order) -> bytes:
    """The text in brackets, unless it has them already."""
    del order
    try:
        content = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error
    return b"(" + content.removeprefix(b"(").removesuffix(b")") + b")"


COMMANDS: Writers = texts({CustomText: "{text}"}, _send)
