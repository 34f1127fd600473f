"""Commands to GPS103 devices: `**,imei:IMEI,letter`.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, section 5.
"""

from milepost.domain.command import CustomText, EngineResume, EngineStop, Interval, PositionNow
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts

_UNITS = ((3600, "h"), (60, "m"), (1, "s"))
_LARGEST = 99


def _send(text: str, order: Order) -> bytes:
    try:
        return f"**,imei:{order.unique_id},{text}".encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


def _interval(command: Interval, order: Order) -> bytes:
    """`C` with two digits of hours, minutes or seconds."""
    for unit_s, letter in _UNITS:
        count, rest_s = divmod(command.interval_s, unit_s)
        if not rest_s and count <= _LARGEST:
            return _send(f"C,{count:02d}{letter}", order)
    raise InvalidInput(
        "intervalS", command.interval_s, "1 to 99 seconds, or whole minutes or hours"
    )


COMMANDS: Writers = {
    **texts(
        {EngineStop: "J", EngineResume: "K", PositionNow: "B", CustomText: "{text}"},
        _send,
    ),
    Interval: _interval,
}
