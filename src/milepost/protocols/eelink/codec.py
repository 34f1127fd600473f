"""Eelink's packages to messages, and their answers.

Source: "EELINK Device Protocol" V2.0, sections 4 and 5.
"""

import struct
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.eelink.contents import LOGIN, Kind, kind_of
from milepost.protocols.eelink.frame import (
    ENVELOPE_BEGIN,
    PROTOCOL_NAME,
    Package,
    enveloped,
    measure,
    opened,
    packages,
    packed,
)
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 0x1_0008
_FEWEST_LOGIN_V2_BYTES = 12
_SERVER_VERSION, _NO_ACTION = 1, 0
_BLANK = b"\r\n\0 "


class EelinkCodec:
    """One Eelink connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """A package of the same kind and number; a login's has the time."""
        token = message.token
        return b"" if token == ENVELOPE_BEGIN else token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps what is not answered."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[:2] != ENVELOPE_BEGIN:
            if not frame.strip(_BLANK):
                return ()
            (package,) = packages(frame)
            return (_message(package, received_time_ms),)
        unique_id, is_right, content = opened(frame)
        if not is_right and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong sum in {frame[:14].hex()}")
        if not content:
            raise ProtocolError(PROTOCOL_NAME, "an envelope without a package")
        return [
            _message(package, received_time_ms, unique_id, damaged=not is_right)
            for package in packages(content)
        ]


def _message(
    package: Package, received_time_ms: int, unique_id: str = "", *, damaged: bool = False
) -> Message:
    """A package's message; in an envelope it comes with the identity."""
    kind = kind_of(package.kind)
    told = kind.read(package.content, received_time_ms)
    token = _answer(package, kind, received_time_ms)
    if unique_id:
        token = enveloped(unique_id, token) if token else ENVELOPE_BEGIN
    has_report = told.report is not None and told.report.says_something
    positions = (told.report.position(damaged=damaged),) if told.report and has_report else ()
    return Message(
        "other" if kind.kind == "positions" and not positions else kind.kind,
        told.unique_id or unique_id or None,
        positions,
        told.text,
        token,
        damaged,
        reference=told.reference,
    )


def _answer(package: Package, kind: Kind, received_time_ms: int) -> bytes:
    if not kind.is_answered:
        return b""
    content = b""
    if package.kind == LOGIN and len(package.content) >= _FEWEST_LOGIN_V2_BYTES:
        time_s = received_time_ms // 1000 & 0xFFFF_FFFF
        content = struct.pack(">IHB", time_s, _SERVER_VERSION, _NO_ACTION)
    return packed(package.kind, package.number, content)
