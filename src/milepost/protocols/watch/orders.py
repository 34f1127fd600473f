"""Commands to watches: a keyword and its values in a frame of the watch's maker.

Source: "Beesure GPS SeTracker Server Protocol", section "Platform sends".
"""

from milepost.domain.command import CustomText, Interval, PositionNow, Reboot
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.watch.frame import Head, framed

_DEFAULT_MAKER = "CS"


def _send(text: str, order: Order) -> bytes:
    """By the maker of the newest message; a watch that numbers its frames gets a number."""
    maker, _, rest = order.token.decode("ascii", "replace").partition("*")
    serial = f"{order.number:04x}" if rest.partition("*")[0] else ""
    return framed(Head(maker or _DEFAULT_MAKER, order.unique_id, serial), text.encode())


COMMANDS: Writers = texts(
    {
        PositionNow: "CR",
        Interval: "UPLOAD,{interval_s}",
        Reboot: "RESET",
        CustomText: "{text}",
    },
    _send,
)
