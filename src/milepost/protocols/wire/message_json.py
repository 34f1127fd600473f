"""A message as JSON with the names of the API: `milepost decode`, and a device's frame log."""

from collections.abc import Iterator
from typing import Any

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.protocols.wire.position_json import position_json

Line = dict[str, Any]


def message_lines(message: Message) -> Iterator[Line]:
    """A line for each position of a message, or one for a message without; `type` says which."""
    extra = _extra(message)
    if not message.positions:
        kind = "other" if message.kind == "positions" else message.kind
        attributes = {"attributes": message.attributes} if message.attributes else {}
        yield {"type": kind, **extra, **attributes}
    for position in message.positions:
        yield {"type": _type_of(message, position), **position_json(position), **extra}


def _extra(message: Message) -> Line:
    told = {
        "text": message.text,
        "reference": message.reference,
        "accepted": message.accepted,
        "damaged": message.damaged or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _type_of(message: Message, position: Position) -> str:
    if position.has_fix:
        return "position"
    return "status" if message.kind == "positions" else message.kind
