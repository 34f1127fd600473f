"""Commands to TAIP devices: queries, reporting intervals, and their own words.

Source: Trimble "Copernicus GPS Receiver", appendix B, communication scheme.
"""

from milepost.domain.command import CustomText, Interval, PositionNow
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.taip.frame import framed

_LONGEST_INTERVAL_S = 9999


def _send(text: str, order: Order) -> bytes:
    try:
        return framed(f"{text.removeprefix('>').removesuffix('<')};ID={order.unique_id}")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


def _interval(command: Interval, order: Order) -> bytes:
    """`FPV`, the interval in seconds, and when it begins, in seconds of the hour."""
    if command.interval_s > _LONGEST_INTERVAL_S:
        allowed = f"1 to {_LONGEST_INTERVAL_S} for taip"
        raise InvalidInput("intervalS", command.interval_s, allowed)
    return _send(f"FPV{command.interval_s:04d}0000", order)


COMMANDS: Writers = {
    **texts({PositionNow: "QPV", CustomText: "{text}"}, _send),
    Interval: _interval,
}
