"""Commands to Queclink devices: `AT+GT…=password,…,serial$`.

Source: Queclink GV300 @Track Air Interface Protocol, "AT+GTOUT", "AT+GTRTO".
"""

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
from milepost.protocols.commands import Order, Writers, texts

OPTION = "password"
OPTION_TEXT = "the device's command password; its model in lower case unless it is set"
_MAKERS_DEFAULT = "gv300"
_MOST_OUTPUTS = 3


def _password(order: Order) -> str:
    return order.options.get(OPTION, _MAKERS_DEFAULT)


def _send(text: str, order: Order) -> bytes:
    return text.replace("{password}", _password(order)).encode("latin-1", "replace")


def _switch(output: int, state: int, order: Order) -> bytes:
    """Status, duration and toggles of each output; an empty field leaves one as it is."""
    if output > _MOST_OUTPUTS:
        raise InvalidInput("output", output, f"1 to {_MOST_OUTPUTS}")
    outputs = [f"{state},0,0" if number == output else ",," for number in range(1, 4)]
    fields = ",".join((*outputs, "", "", "", "", "", "", f"{order.number:04X}"))
    return f"AT+GTOUT={_password(order)},{fields}$".encode("latin-1", "replace")


def _output_on(command: OutputOn, order: Order) -> bytes:
    return _switch(command.output, 1, order)


def _output_off(command: OutputOff, order: Order) -> bytes:
    return _switch(command.output, 0, order)


def _engine_stop(command: EngineStop, order: Order) -> bytes:
    del command
    return _switch(1, 1, order)


def _engine_resume(command: EngineResume, order: Order) -> bytes:
    del command
    return _switch(1, 0, order)


def _custom(command: CustomText, order: Order) -> bytes:
    del order
    return f"{command.text.rstrip('$')}$".encode("latin-1", "replace")


_TEMPLATES: dict[type[Command], str] = {
    PositionNow: "AT+GTRTO={{password}},1,,,,,,{number:04X}$",
    Reboot: "AT+GTRTO={{password}},3,,,,,,{number:04X}$",
}

COMMANDS: Writers = {
    EngineStop: _engine_stop,
    EngineResume: _engine_resume,
    OutputOn: _output_on,
    OutputOff: _output_off,
    CustomText: _custom,
    **texts(_TEMPLATES, _send),
}
