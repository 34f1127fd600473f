"""What a protocol makes of a command: whether it can be written, and whether it stops an engine."""

from milepost.domain.command import Command, EngineStop
from milepost.errors import InvalidInput
from milepost.protocols.commands import Order, written
from milepost.protocols.contract import DeviceProtocol


def write(protocol: DeviceProtocol | None, name: str, command: Command, order: Order) -> bytes:
    """The command's bytes.

    Raises:
        InvalidInput: the protocol has no such command, or not with these values.
    """
    writers = {} if protocol is None else protocol.commands
    return written(name, writers, command, order)


def stops_engine(protocol: DeviceProtocol, command: Command, order: Order) -> bool:
    """Whether the command cuts the engine off, under whatever kind it comes.

    An output that the protocol's engine stop switches, and a text that says the same, count too.
    """
    if isinstance(command, EngineStop):
        return True
    try:
        stop = written(protocol.name, protocol.commands, EngineStop(), order)
        return written(protocol.name, protocol.commands, command, order) == stop
    except InvalidInput:
        return False
