"""Commands that Meitrack devices understand.

Source: "MEITRACK GPRS Protocol" 1.21, III: A10, A12, C01, F08.
"""

from milepost.domain.command import (
    Command,
    CustomText,
    EngineResume,
    EngineStop,
    Interval,
    OutputOff,
    OutputOn,
    PositionNow,
    SetOdometer,
)
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, Writers, texts
from milepost.protocols.meitrack.frame import written

_IDENTIFIER = "A"
_OUTPUTS = 5
_KEEP = "2"
_INTERVAL_STEP_S = 10


def _sent(text: str, order: Order) -> bytes:
    try:
        return written(_IDENTIFIER, order.unique_id, text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise InvalidInput("text", text, "ASCII") from error


def _output(command: OutputOn | OutputOff, order: Order) -> bytes:
    """C01: a digit for each of five outputs: 0 off, 1 on, 2 as it is; at any speed."""
    if command.output > _OUTPUTS:
        raise InvalidInput("output", command.output, f"1 to {_OUTPUTS}")
    states = [_KEEP] * _OUTPUTS
    states[command.output - 1] = "1" if isinstance(command, OutputOn) else "0"
    return _sent(f"C01,0,{''.join(states)}", order)


def _interval(command: Interval, order: Order) -> bytes:
    """A12 counts in steps of ten seconds."""
    steps, rest_s = divmod(command.interval_s, _INTERVAL_STEP_S)
    if rest_s:
        raise InvalidInput("intervalS", command.interval_s, "a multiple of 10")
    return _sent(f"A12,{steps}", order)


def _odometer(command: SetOdometer, order: Order) -> bytes:
    """F08: an empty running time leaves it as it is."""
    return _sent(f"F08,,{round(command.odometer_m)}", order)


_TEMPLATES: dict[type[Command], str] = {
    EngineStop: "C01,0,12222",
    EngineResume: "C01,0,02222",
    PositionNow: "A10",
    CustomText: "{text}",
}

COMMANDS: Writers = {
    **texts(_TEMPLATES, _sent),
    OutputOn: _output,
    OutputOff: _output,
    Interval: _interval,
    SetOdometer: _odometer,
}
