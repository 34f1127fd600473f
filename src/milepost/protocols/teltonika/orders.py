"""Commands to Teltonika devices: texts in Codec 12.

Source: Teltonika wiki, "FMB SMS/GPRS commands" (setdigout, getgps, cpureset, setparam, odoset) and
"FMB parameter list" (minimum period and send period of the modes of work).
"""

import re

from milepost.domain.command import (
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.teltonika.answers import command

_OUTPUTS = 4
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_MOVING_PERIODS = (10050, 10055, 10150, 10155, 10250, 10255)
"""Record and send period while moving: in the home network, roaming, in an unknown one."""


def _send(text: str, _: Order) -> bytes:
    try:
        return command(text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


def _output(command: OutputOn | OutputOff, order: Order) -> bytes:
    """A digit for each output up to the one that is meant; `?` leaves an output as it is."""
    if command.output > _OUTPUTS:
        raise InvalidInput("output", command.output, f"1 to {_OUTPUTS} for teltonika")
    state = "1" if isinstance(command, OutputOn) else "0"
    return _send(f"setdigout {'?' * (command.output - 1)}{state}", order)


def _interval(command: Interval, order: Order) -> bytes:
    parameters = ";".join(f"{parameter}:{command.interval_s}" for parameter in _MOVING_PERIODS)
    return _send(f"setparam {parameters}", order)


def _set_odometer(command: SetOdometer, order: Order) -> bytes:
    return _send(f"odoset:{round(command.odometer_m)}", order)


def _custom_text(order_text: CustomText, order: Order) -> bytes:
    """A text as it is; pairs of hex digits and nothing else as the bytes that they mean."""
    if _HEX.fullmatch(order_text.text):
        return command(bytes.fromhex(order_text.text))
    return _send(order_text.text, order)


COMMANDS: Writers = {
    **texts(
        {
            EngineStop: "setdigout 1",
            EngineResume: "setdigout 0",
            PositionNow: "getgps",
            Reboot: "cpureset",
        },
        _send,
    ),
    OutputOn: _output,
    OutputOff: _output,
    Interval: _interval,
    SetOdometer: _set_odometer,
    CustomText: _custom_text,
}
