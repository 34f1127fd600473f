"""Commands to TK103 devices: in brackets, or as a message that some take in place of one.

Source: "GPRS Communication Protocol" KX402 1.5, 3.2; Vjoycar's list of messages.
"""

from collections.abc import Callable, Mapping

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    Reboot,
    SetOdometer,
    kind_of,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Write, Writers

ALTERNATIVE = "alternative"
"""The device's option: `true` for messages."""

_LONGEST_INTERVAL_S = 0xFFFF


def _interval(command: Interval) -> str:
    """`AR00`, the interval in seconds and, as 0, for how long."""
    if command.interval_s > _LONGEST_INTERVAL_S:
        allowed = f"1 to {_LONGEST_INTERVAL_S} for tk103"
        raise InvalidInput("intervalS", command.interval_s, allowed)
    return f"AR00{command.interval_s:04X}0000"


def _odometer(command: SetOdometer) -> str:
    if command.odometer_m:
        raise InvalidInput("odometerM", command.odometer_m, "0 for tk103: it can only begin anew")
    return "AX01"


def _switch(command: OutputOn | OutputOff) -> str:
    if command.output != 1:
        raise InvalidInput("output", command.output, "1 for tk103")
    return "AV001" if isinstance(command, OutputOn) else "AV000"


def _said(text: str) -> Callable[[Command], str]:
    return lambda _: text


_IN_BRACKETS: Mapping[type[Command], Callable[..., str]] = {
    EngineStop: _said("AV010"),
    EngineResume: _said("AV011"),
    OutputOn: _switch,
    OutputOff: _switch,
    PositionNow: _said("AP00"),
    Interval: _interval,
    Reboot: _said("AT00"),
    SetOdometer: _odometer,
    CustomText: lambda command: command.text,
}

_AS_MESSAGE: Mapping[type[Command], Callable[..., str]] = {
    PositionNow: _said("*getposl*"),
    Interval: _said("*routetrack*99*"),
    Reboot: _said("88888888"),
    CustomText: lambda command: command.text,
}
"""`routetrack` has no interval: the device reports at its own one, here for as long as it can."""


def _write(command: Command, order: Order) -> bytes:
    if order.options.get(ALTERNATIVE) == "true":
        say, template = _AS_MESSAGE.get(type(command)), "[begin]sms2,{text},[end]"
    else:
        say, template = _IN_BRACKETS[type(command)], "({unique_id}{text})"
    if say is None:
        known = ", ".join(kind_of(kind()) for kind in (PositionNow, Reboot))
        raise InvalidInput("kind", kind_of(command), f"for alternative tk103: {known} and others")
    text = template.format(unique_id=order.unique_id, text=say(command))
    try:
        return text.encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


_WRITE: Write = _write
COMMANDS: Writers = dict.fromkeys(_IN_BRACKETS, _WRITE)
