"""One connection of JT/T 808: frames in, messages out.

Source: JT/T 808-2011, -2013 and -2019.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.jt808 import answers, jointech
from milepost.protocols.jt808.contents import READERS, Circumstances, Content, other
from milepost.protocols.jt808.fragments import Fragments, joined
from milepost.protocols.jt808.frames import (
    MAX_BUFFER_BYTES,
    PROTOCOL_NAME,
    Frame,
    frame_of,
    measure,
)
from milepost.protocols.jt808.identity import unique_id_of
from milepost.protocols.wire.clock import utc_offset_s
from milepost.protocols.wire.framing import FrameStream

_CHINA_S = 8 * 3600
_REGISTRATION, _MEDIA, _ANSWER = 0x0100, 0x0801, 0x0001
_ANSWERED_WHOLE = frozenset({0x0200, 0x0210, 0x0702, 0x0704, 0x0705})
"""Types whose parts are acknowledged when all are there and stored, not before."""

_TIMES: Mapping[int, Callable[[Frame, int], bytes]] = {
    0x0004: answers.server_time,
    0x0109: answers.clone_time,
}


class Jt808Codec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._offset_s = utc_offset_s(context.options, _CHINA_S)
        self._fragments = Fragments()
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """8001 with serial number and type; 8100 for a registration, the time if it is asked."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """A registration hears that there is no such terminal; others hear nothing, and repeat."""
        return answers.not_registered(message.token) if message.kind == "login" else b""

    def _frame(self, data: bytes, received_time_ms: int) -> Sequence[Message]:
        if data[0] == ord("("):
            return (jointech.read_text(data, received_time_ms),)
        if len(data) == 1 and data in (b"\x7e", b"\xe7"):
            return ()
        frame = frame_of(data)
        if not frame.whole and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {data[:32].hex()}")
        if frame.part is None or frame.part[0] <= 1:
            return (self._message(frame, _token(frame, received_time_ms), received_time_ms),)
        return self._part(frame, received_time_ms)

    def _part(self, frame: Frame, received_time_ms: int) -> Sequence[Message]:
        """A part: with the last one the whole message comes, and its acknowledgements."""
        waits = frame.message_type in _ANSWERED_WHOLE
        parts = self._fragments.add(frame)
        if not parts:
            token = b"" if waits else answers.general(frame)
            unique_id = unique_id_of(frame.header.identity)
            return (Message("other", unique_id, token=token, damaged=not frame.whole),)
        token = b"".join(map(answers.general, parts)) if waits else answers.general(frame)
        whole = joined(parts)
        if frame.message_type == _MEDIA:
            token += answers.media_complete(whole)
        return (self._message(whole, token, received_time_ms),)

    def _message(self, frame: Frame, token: bytes, received_time_ms: int) -> Message:
        read = READERS.get(frame.message_type, other)
        around = Circumstances(received_time_ms, self._offset_s)
        content: Content = read(frame, around)
        return Message(
            content.kind,
            unique_id_of(frame.header.identity),
            content.positions,
            content.text,
            token,
            not frame.whole,
            content.attributes,
            content.reference,
            content.accepted,
        )


def _token(frame: Frame, received_time_ms: int) -> bytes:
    """The answer to a frame that stands for itself."""
    if frame.message_type == _ANSWER:
        return b""
    if frame.message_type == _REGISTRATION:
        return answers.registered(frame, unique_id_of(frame.header.identity))
    if frame.message_type == _MEDIA and len(frame.body) >= 4:
        return answers.general(frame) + answers.media_complete(frame)
    time = _TIMES.get(frame.message_type)
    return answers.general(frame) if time is None else time(frame, received_time_ms)
