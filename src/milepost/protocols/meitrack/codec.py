"""One Meitrack connection: frames to messages, and what they are answered with.

Source: "MEITRACK GPRS Protocol" 1.21, III; "MEITRACK T622 GPRS Protocol" 3.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.meitrack.binary import read_elements, read_fixed
from milepost.protocols.meitrack.frame import (
    CONFIRM,
    MAX_FRAME_BYTES,
    PROTOCOL_NAME,
    Frame,
    is_broken_off,
    measure,
    opened,
    written,
)
from milepost.protocols.meitrack.inputs import ignition_input
from milepost.protocols.meitrack.text import read_text
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = MAX_FRAME_BYTES
_MOST_COUNT_DIGITS = 9
_DEFAULT_PHOTO = "camera_picture.jpg"


class MeitrackCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._is_stream = context.transport == "tcp"
        self._confirms = context.options.get(CONFIRM) == "true"
        self._ignition = ignition_input(context.options)
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._read, MAX_BUFFER_BYTES, context.transport
        )
        self._readers: Mapping[bytes, Callable[[Frame], Message]] = {
            b"AAA": self._text,
            b"CCC": self._fixed,
            b"CCE": self._elements,
            b"D00": _photo_part,
            b"D03": _photo_taken,
        }

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The confirmation that the option asks for, or the request for a photo's next part."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: what is not confirmed stays with the device."""
        del message
        return b""

    def _read(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        del received_time_ms
        if not frame.strip() or (self._is_stream and is_broken_off(frame)):
            return ()
        parts = opened(frame, lenient=self._lenient)
        command = parts.content.partition(b",")[0]
        return (self._readers.get(command, _response)(parts),)

    def _text(self, frame: Frame) -> Message:
        report, photo = read_text(frame.content[4:].decode("latin-1"), self._ignition)
        answer = self._confirmation(frame, b"AFF,1")
        if photo:
            answer += _photo_request(frame, photo, 0)
        return _reported(frame, [report], answer)

    def _fixed(self, frame: Frame) -> Message:
        reports = read_fixed(frame.content[4:], self._ignition)
        return _reported(frame, reports, self._confirmation(frame, b"CCC,%d" % len(reports)))

    def _elements(self, frame: Frame) -> Message:
        reports = read_elements(frame.content[4:], self._ignition)
        return _reported(frame, reports, self._confirmation(frame, b"CCE,%d" % len(reports)))

    def _confirmation(self, frame: Frame, text: bytes) -> bytes:
        return written(frame.identifier, frame.imei, text) if self._confirms else b""


def _reported(frame: Frame, reports: list[Report], answer: bytes) -> Message:
    return Message(
        "positions",
        frame.imei,
        tuple(report.position(damaged=frame.damaged) for report in reports),
        token=answer,
        damaged=frame.damaged,
    )


def _photo_request(frame: Frame, name: str, index: int) -> bytes:
    text = f"D00,{name},{index}".encode("latin-1")
    return written(frame.identifier, frame.imei, text)


def _is_count(digits: bytes) -> bool:
    return digits.isdigit() and len(digits) <= _MOST_COUNT_DIGITS


def _photo_part(frame: Frame) -> Message:
    """Name, how many parts there are, which this is from 0, and its bytes."""
    fields = frame.content.split(b",", 4)
    if len(fields) < 5 or not all(map(_is_count, fields[2:4])):
        raise ProtocolError(PROTOCOL_NAME, f"D00 begins with {frame.content[:32]!r}")
    _, name, total, index, data = fields
    photo = name.decode("latin-1")
    following = int(index) + 1
    has_more = following < int(total)
    return Message(
        "other",
        frame.imei,
        token=_photo_request(frame, photo, following) if has_more else b"",
        damaged=frame.damaged,
        attributes={
            "image": photo,
            "index": index.decode(),
            "photo:total": total.decode(),
            "photo": data.hex(),
        },
    )


def _photo_taken(frame: Frame) -> Message:
    """The answer to the command that takes a photo; its first part is asked for."""
    answer = _response(frame)
    if not answer.accepted:
        return answer
    return Message(
        answer.kind,
        answer.unique_id,
        text=answer.text,
        accepted=True,
        token=_photo_request(frame, _DEFAULT_PHOTO, 0),
        damaged=frame.damaged,
    )


def _response(frame: Frame) -> Message:
    """The answer to a command: its name, then `OK`, a value, or an error's code."""
    text = frame.content.decode("latin-1")
    result = text.rpartition(",")[2].upper()
    accepted = True if result == "OK" else False if result.startswith("ERR") else None
    return Message("response", frame.imei, text=text, damaged=frame.damaged, accepted=accepted)
