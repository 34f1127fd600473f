"""Meiligao's frames to messages, and the answer to a login.

Source: "Meiligao GPRS Communication Protocol GT30i/GT60/VT300/VT310/VT400" V2.1.
"""

from collections.abc import Sequence

from milepost.domain.message import Message, MessageKind
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.meiligao.contents import READS
from milepost.protocols.meiligao.frame import (
    BEGINS,
    FEWEST_BYTES,
    HEAD_BYTES,
    LINE_END,
    PROTOCOL_NAME,
    TAIL_BYTES,
    checksum_holds,
    framed,
    identity,
    is_filling,
    measure,
)
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 8192
_LOGIN, _LOGIN_ANSWER, _HEARTBEAT = 0x5000, 0x4000, 0x0001
_ANSWERS = {_LOGIN: _LOGIN_ANSWER, _HEARTBEAT: _HEARTBEAT}
_CONFIRMED = b"\x01"
_PICTURES = frozenset({0x0800, 0x9988})
_NO_CHECKSUM = b"\xff\xff"
_FLAGS = {b"\x00": False, b"\x01": True}
_SERIAL_NUMBER = 0x9001


class MeiligaoCodec:
    """One Meiligao connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """4000 with 1 for a login, the same for a heartbeat; nothing else is answered."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device logs in again."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if is_filling(frame):
            return ()
        if len(frame) < FEWEST_BYTES or frame[:2] not in BEGINS or frame[-2:] != LINE_END:
            raise ProtocolError(PROTOCOL_NAME, f"no frame is {frame[:24]!r}", offset=0)
        command = int.from_bytes(frame[11:13], "big")
        damaged = not checksum_holds(frame)
        if damaged and command in _PICTURES and frame[-4:-2] == _NO_CHECKSUM:
            damaged = False
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum {frame[-4:-2].hex()}")
        data = frame[HEAD_BYTES:-TAIL_BYTES]
        return (_message(identity(frame), command, data, received_time_ms, damaged=damaged),)


def _message(
    unique_id: str, command: int, data: bytes, received_time_ms: int, *, damaged: bool
) -> Message:
    answer = _ANSWERS.get(command)
    if answer is not None:
        token = framed(unique_id, answer, _CONFIRMED)
        kind: MessageKind = "login" if command == _LOGIN else "heartbeat"
        return Message(kind, unique_id, token=token, damaged=damaged)
    read = READS.get(command)
    if read is None or data in _FLAGS:
        return _told(unique_id, command, data, damaged=damaged)
    reports = [report for report in read(data, received_time_ms) if report.says_something]
    positions = tuple(report.position(damaged=damaged) for report in reports)
    return Message("positions" if positions else "other", unique_id, positions, damaged=damaged)


def _told(unique_id: str, command: int, data: bytes, *, damaged: bool) -> Message:
    """The answer to a command repeats its code; anything else is kept as it came."""
    if 0x4000 <= command < 0x6000 or command == _SERIAL_NUMBER:
        text = data.decode("latin-1")
        shown = text if text and text.isprintable() else data.hex()
        text = f"{command:04x} {shown}".strip()
        accepted = _FLAGS.get(data)
        return Message("response", unique_id, text=text, accepted=accepted, damaged=damaged)
    kept = {f"type:{command:04x}": data.hex()}
    return Message("other", unique_id, damaged=damaged, attributes=kept)
