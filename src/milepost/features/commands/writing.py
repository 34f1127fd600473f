"""What a protocol makes of a command: whether it can be written, and whether it stops an engine."""

import re
from collections.abc import Iterable

from milepost.domain.command import Command, CustomText, EngineStop
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import DeviceProtocol

_SEPARATORS = re.compile(r"[;#\r\n]")


def write(protocol: DeviceProtocol | None, name: str, command: Command, order: Order) -> bytes:
    """The command's bytes.

    Raises:
        InvalidInput: the protocol has no such command, or not with these values.
    """
    writers = {} if protocol is None else protocol.commands
    return written(name, writers, command, order)


def stops_engine(protocol: DeviceProtocol, command: Command, order: Order) -> bool:
    """Whether the command cuts the engine off, under whatever kind it comes.

    An output that the protocol's engine stop switches, and a text that says the same, count too:
    also among others, in another case or with other spaces, which devices take for the same.
    """
    if isinstance(command, EngineStop):
        return True
    stop = _bytes_of(protocol, EngineStop(), order)
    if stop is None:
        return False
    stop = stop.lower()
    return any(_same(stop, _bytes_of(protocol, each, order)) for each in _readings(command))


def _same(stop: bytes, other: bytes | None) -> bool:
    return other is not None and other.lower() == stop


def _bytes_of(protocol: DeviceProtocol, command: Command, order: Order) -> bytes | None:
    try:
        return written(protocol.name, protocol.commands, command, order)
    except InvalidInput:
        return None


def _readings(command: Command) -> Iterable[Command]:
    """What a device may take the command for: of a text also each of its parts."""
    yield command
    if not isinstance(command, CustomText):
        return
    parts = [command.text, *_SEPARATORS.split(command.text)]
    for part in dict.fromkeys([*parts, *(" ".join(each.split()) for each in parts)]):
        for cased in (part, part.lower(), part.upper(), part.title()):
            for text in filter(None, (cased, f"{cased}#")):
                yield CustomText(text)
