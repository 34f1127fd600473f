"""What a Ruptela device is told: the texts of its SMS commands, sent over the connection.

Source: "SMS command list" of FM Pro4, Eco4 and Plug4, 1.1 (setio, coords, reset, setvalue).
"""

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.ruptela.codec import frame_of
from milepost.protocols.wire.checksums import crc16_kermit

PASSWORD = "password"  # noqa: S105 - the name of an option
_SMS = 108


def _sms(text: str, order: Order) -> bytes:
    """Password, a space, the command; without a password the space stays."""
    return _framed(f"{order.options.get(PASSWORD, '')} {text}")


def _framed(text: str) -> bytes:
    if not text.isascii():
        raise InvalidInput("text", text, "ASCII")
    return frame_of(_SMS, text.encode("ascii"))


def _custom(command: CustomText, order: Order) -> bytes:
    """The text as it stands; the hex of a whole frame goes out as that frame."""
    del order
    return _whole_frame(command.text) or _framed(command.text)


def _whole_frame(text: str) -> bytes:
    try:
        frame = bytes.fromhex(text)
    except ValueError:
        return b""
    if len(frame) < 5 or int.from_bytes(frame[:2], "big") != len(frame) - 4:
        return b""
    right = crc16_kermit(frame[2:-2]) == int.from_bytes(frame[-2:], "big")
    return frame if right else b""


def _odometer(command: SetOdometer, order: Order) -> bytes:
    return _sms(f"setvalue 65,{round(command.odometer_m)}", order)


COMMANDS: Writers = {
    **texts(
        {
            EngineStop: "setio 1,1",
            EngineResume: "setio 1,0",
            OutputOn: "setio {output},1",
            OutputOff: "setio {output},0",
            PositionNow: "coords",
            Reboot: "reset",
        },
        _sms,
    ),
    SetOdometer: _odometer,
    CustomText: _custom,
}
"""Command -> its writer."""
