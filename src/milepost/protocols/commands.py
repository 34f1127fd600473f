"""How commands are written for a device: one function a kind, found by the command's type."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from milepost.domain.command import KIND_OF_TYPE, Command, CommandKind, kind_of
from milepost.errors import InvalidInput


class Order(msgspec.Struct, frozen=True):
    """What a writer knows besides the command.

    `number` counts the device's commands, 1 to 65535 and round again: protocols that number theirs
    put it on the wire, and the answer's `Message.reference` repeats it. `token` is that of the
    newest message of the connection. `options` are the device's (a password, say).
    """

    unique_id: str
    number: int
    token: bytes = b""
    options: Mapping[str, str] = {}


Write = Callable[[Any, Order], bytes]
"""(command, order) -> the bytes to send. Each writer takes its own kind of command.

Raises:
    InvalidInput: a value that the device cannot be told.
"""

Writers = Mapping[type[Command], Write]


def written(protocol: str, writers: Writers, command: Command, order: Order) -> bytes:
    """The command's bytes.

    Raises:
        InvalidInput: the protocol has no such command, or not with these values.
    """
    write = writers.get(type(command))
    if write is None:
        known = ", ".join(kinds_of(writers)) or "no command"
        raise InvalidInput("kind", kind_of(command), f"for {protocol}: {known}")
    return write(command, order)


def kinds_of(writers: Writers) -> tuple[CommandKind, ...]:
    """The kinds that have a writer, in the order of the kinds."""
    return tuple(kind for command, kind in KIND_OF_TYPE.items() if command in writers)


def texts(templates: Mapping[type[Command], str], send: Callable[[str, Order], bytes]) -> Writers:
    """Writers of a protocol whose commands are texts.

    A template names the command's fields and the order's in braces (`{output}`, `{number}`);
    `send` frames the finished text.
    """
    return {kind: _text_writer(template, send) for kind, template in templates.items()}


def _text_writer(template: str, send: Callable[[str, Order], bytes]) -> Write:
    def write(command: Command, order: Order) -> bytes:
        values = {**msgspec.structs.asdict(order), **msgspec.structs.asdict(command)}
        return send(template.format_map(values), order)

    return write
