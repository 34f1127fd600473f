"""Commands to H02 devices: `*HQ,identity,command,time,…#`.

The time only tells commands apart; it is made of the order's number.

Source: "H02 GPS tracker protocol" (S20 engine, S71 interval, R1 restart).
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, Interval, Reboot
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts


def _send(text: str, order: Order) -> bytes:
    """The text with `@` for the time."""
    hours, rest_s = divmod(order.number % 86_400, 3600)
    time = f"{hours:02d}{rest_s // 60:02d}{rest_s % 60:02d}"
    return _framed(text.replace("@", time), order)


def _framed(text: str, order: Order) -> bytes:
    if "#" in text or not text.isascii():
        raise InvalidInput("text", text, "ASCII without #")
    return f"*HQ,{order.unique_id},{text}#".encode("ascii", "replace")


COMMANDS: Writers = {
    **texts(
        {
            EngineStop: "S20,@,1,1",
            EngineResume: "S20,@,1,0",
            Interval: "S71,@,22,{interval_s}",
            Reboot: "R1,@",
        },
        _send,
    ),
    **texts({CustomText: "{text}"}, _framed),
}
