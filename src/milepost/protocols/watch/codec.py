"""One watch's connection: frames to messages, and the keywords that it waits for.

Source: "Beesure GPS SeTracker Server Protocol"; captured frames.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.watch.contents import KINDS, MEDIA, SOUND_ANSWERS
from milepost.protocols.watch.frame import PROTOCOL_NAME, Head, framed, measure, parted
from milepost.protocols.watch.place import is_place, read_place
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 0x2_0100
"""A recording of 65,535 bytes, all of them escaped, and a head."""


class WatchCodec:
    """One watch's connection."""

    def __init__(self, context: CodecContext) -> None:
        del context
        self._stream = FrameStream(PROTOCOL_NAME, measure, _frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The keyword in a frame of the watch's maker; nothing for plain places."""
        if message.unique_id is None:
            return b""
        maker, serial, answer = message.token.decode().split("*")
        return framed(Head(maker, message.unique_id, serial), answer.encode()) if answer else b""

    def refuse(self, message: Message) -> bytes:
        """Nothing."""
        del message
        return b""


def _frame(frame: bytes, received_time_ms: int) -> Sequence[Message]:
    if not frame.strip():
        return ()
    parts = parted(frame)
    if parts is None:
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {frame[:24]!r}", offset=0)
    head, content = parts
    keyword = content.split(b",", 1)[0]
    media = MEDIA.get(keyword)
    if media is None:
        return (_text(head, content, received_time_ms),)
    if content in SOUND_ANSWERS:
        accepted = SOUND_ANSWERS[content]
        text = content.decode()
        return (Message("response", head.unique_id, (), text, _token(head), accepted=accepted),)
    position = Position(received_time_ms, valid=False, attributes=media.read(content))
    token = _token(head, media.answer)
    return (Message("positions", head.unique_id, (position,), token=token),)


def _token(head: Head, answer: str = "") -> bytes:
    """Maker and serial number are needed for commands too, so every message has one."""
    return f"{head.maker}*{head.serial}*{answer}".encode()


def _text(head: Head, content: bytes, received_time_ms: int) -> Message:
    text = content.decode("utf-8", "replace")
    keyword, *fields = text.split(",")
    if not (keyword.isascii() and keyword.replace("_", "").isalnum()):
        raise ProtocolError(PROTOCOL_NAME, f"a keyword is due, {keyword[:24]!r} came")
    if is_place(fields):
        place = read_place(keyword, fields)
        token = _token(head, "AL" if keyword.startswith("AL") else "")
        return Message("positions", head.unique_id, (place,), token=token)
    known = KINDS.get(keyword.lower())
    if known is None:
        return Message("response", head.unique_id, text=text, token=_token(head))
    attributes = known.read(fields)
    status = Position(received_time_ms, valid=False, attributes=attributes)
    positions = (status,) if attributes else ()
    kind = "other" if known.kind == "positions" and not positions else known.kind
    return Message(kind, head.unique_id, positions, token=_token(head, known.answer))
