"""TAIP's frames: `>`, qualifier, message, fields of fixed width, parts after semicolons, `<`."""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.taip.frame import PROTOCOL_NAME, Frame, frame_of
from milepost.protocols.taip.reports import READERS, Body
from milepost.protocols.taip.tags import put_tags
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 4096
_BEGIN, _END = b">", b"<"
_GREETING = "RXART"
_KIND_LETTERS = 3
_BESIDE_POSITIONS = ("RAL", "RCP")
"""AL has no place, and CP repeats in fewer digits what PV says."""


class TaipCodec:
    """One TAIP connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """ACK or SAK with the frame's number, or the bare identity."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without an answer the device keeps its report."""
        del message
        return b""

    def _frame(self, data: bytes, received_time_ms: int) -> Sequence[Message]:
        if not data.startswith(_BEGIN):
            if not data.strip():
                return ()
            raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {data[:16]!r}", offset=0)
        if not data.endswith(_END):
            raise ProtocolError(PROTOCOL_NAME, "no end closes the frame")
        frame = frame_of(data, lenient=self._lenient)
        return (_message(frame, received_time_ms),)


def _measure(data: bytes, start: int) -> int:
    if data[start] != _BEGIN[0]:
        begin = data.find(_BEGIN, start)
        return (begin if begin >= 0 else len(data)) - start
    end = data.find(_END, start)
    return end + 1 - start if end >= 0 else -(len(data) - start + 1)


def _message(frame: Frame, received_time_ms: int) -> Message:
    """A report, the greeting of a connection, or what the device answers."""
    kind = frame.body[:_KIND_LETTERS]
    read = READERS.get(kind)
    if read is None:
        return _answer(frame)
    report = read(Body(frame.body[_KIND_LETTERS:]), received_time_ms)
    put_tags(frame.tags, report)
    return Message(
        "positions",
        frame.unique_id,
        (report.position(damaged=frame.damaged),),
        token=frame.acknowledgement(),
        damaged=frame.damaged,
    )


def _answer(frame: Frame) -> Message:
    token = frame.acknowledgement()
    if frame.body.startswith(_GREETING):
        attributes = {"firmware": ",".join(frame.tags)} if frame.tags else {}
        return Message(
            "login", frame.unique_id, token=token, damaged=frame.damaged, attributes=attributes
        )
    if frame.body.startswith(_BESIDE_POSITIONS):
        attributes = {"data": frame.body}
        return Message(
            "other", frame.unique_id, token=token, damaged=frame.damaged, attributes=attributes
        )
    if frame.body.startswith("R"):
        return Message(
            "response", frame.unique_id, text=frame.body, token=token, damaged=frame.damaged
        )
    return Message("other", frame.unique_id, damaged=frame.damaged)
