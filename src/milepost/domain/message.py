"""What a codec makes of bytes: messages, the unit of acknowledgement."""

from typing import Literal

import msgspec

from milepost.domain.position import Position

MessageKind = Literal["login", "heartbeat", "positions", "response", "other"]


class Message(msgspec.Struct, frozen=True, gc=False):
    """One frame of a device, decoded.

    `unique_id` is the identity (IMEI or the protocol's own) when this frame carries it, else None:
    the connection's login holds. `positions` come in the order of the frame. `text` is the device's
    answer to a command; `reference` the number of the command that it answers, where the protocol
    says it; `secret` what the device shows that it is itself by, where the protocol has a place for
    that; `accepted` whether the device did what it was told, where it says so. `token` is what
    the codec needs to acknowledge this frame later (a count, a serial number), opaque to everyone
    else. `damaged`: the checksum was wrong and let through.

    A frame that speaks for several devices gives a message each; the last one has the token.
    """

    kind: MessageKind
    unique_id: str | None = None
    positions: tuple[Position, ...] = ()
    text: str | None = None
    token: bytes = b""
    damaged: bool = False
    attributes: dict[str, str] = {}
    reference: int | None = None
    accepted: bool | None = None
    secret: str | None = None
