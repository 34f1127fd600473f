"""Commands: `ST300CMD;identity;02;Reboot`, and the universal `CMD;identity;03;03`.

Source: Suntech "ST300/340 Operation Manual" 1.56, 7; "Universal Commands" 1.6.
"""

import re
from collections.abc import Mapping

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Write, Writers

DEFAULT_FAMILY = "SA200"
_OUTPUTS = (1, 2)
_WHOLE = re.compile("(?:S[AT][0-9]{3}[A-Z]{3}|CMD);")
_TEXTS: Mapping[type[Command], tuple[str, str]] = {
    EngineStop: ("02;Enable1", "04;01"),
    EngineResume: ("02;Disable1", "04;02"),
    PositionNow: ("02;StatusReq", "03;01"),
    Reboot: ("02;Reboot", "03;03"),
}
"""Command -> its text for the numbered families and for universal devices."""


def family_of(token: bytes) -> str:
    """`ST300` of `ST300STT`; empty for universal reports; the default if nothing was heard."""
    header = token.decode("latin-1")
    if not header:
        return DEFAULT_FAMILY
    return header[:5] if header[:2] in ("ST", "SA") and header[2:5].isdecimal() else ""


def framed(unique_id: str, token: bytes, texts: tuple[str, str]) -> bytes:
    """A command as the family of the device's last report has it."""
    family = family_of(token)
    text = texts[0] if family else texts[1]
    return f"{family}CMD;{unique_id};{text}\r".encode("latin-1", "replace")


def _writer(texts: tuple[str, str]) -> Write:
    def write(_: Command, order: Order) -> bytes:
        return framed(order.unique_id, order.token, texts)

    return write


def _switch(verb: str, off: int) -> Write:
    """`Enable1`, `Disable2`; universal devices: 01 on, 02 off, 03 and 04 for the second output."""

    def write(command: OutputOn | OutputOff, order: Order) -> bytes:
        if command.output not in _OUTPUTS:
            raise InvalidInput("output", command.output, "1 or 2")
        number = command.output * 2 - 1 + off
        texts = (f"02;{verb}{command.output}", f"04;{number:02d}")
        return framed(order.unique_id, order.token, texts)

    return write


def _custom_text(command: CustomText, order: Order) -> bytes:
    """A command's name and parameters, or a whole command with its header."""
    text = command.text.rstrip("\r\n")
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "characters of Latin-1") from error
    if _WHOLE.match(text):
        return content + b"\r"
    return framed(order.unique_id, order.token, (f"02;{text}", text))


COMMANDS: Writers = {
    **{kind: _writer(texts) for kind, texts in _TEXTS.items()},
    OutputOn: _switch("Enable", 0),
    OutputOff: _switch("Disable", 1),
    CustomText: _custom_text,
}
