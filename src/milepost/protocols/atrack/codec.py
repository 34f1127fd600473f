"""One ATrack connection: frames to messages, and their acknowledgement.

Source: "AT Series Protocol Document" 1.1.4, 2.2, 2.3, AT$INFO; "AX Protocol Document", pictures.
"""

from collections.abc import Sequence
from struct import Struct

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.atrack.frame import (
    KEEP_ALIVE,
    MAX_FRAME_BYTES,
    PICTURE,
    PROTOCOL_NAME,
    Frame,
    measure,
    opened,
)
from milepost.protocols.atrack.records import read_binary, read_text
from milepost.protocols.atrack.settings import settings_of
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = MAX_FRAME_BYTES
_PICTURE = Struct(">IBBB")
_KEEP_ALIVE_BYTES = 12
_INFO = "$INFO="
_LEAST_INFO_FIELDS = 6
_INFO_NAMES = ("model", "firmware", "imei", "imsi", "iccid")


class AtrackCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._settings = settings_of(context.options)
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._read, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`FE02`, unit id and sequence number; nothing for answers to commands."""
        return KEEP_ALIVE + message.token if message.token else b""

    def refuse(self, message: Message) -> bytes:
        """Nothing: what is not acknowledged stays with the device."""
        del message
        return b""

    def _read(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if not frame.strip():
            return ()
        if frame[0] == ord("$"):
            return (_answer(frame, received_time_ms),)
        if frame.startswith(KEEP_ALIVE) and len(frame) == _KEEP_ALIVE_BYTES:
            unit_id = str(int.from_bytes(frame[2:10], "big"))
            return (Message("heartbeat", unit_id, token=frame[2:]),)
        parts = opened(frame, lenient=self._lenient)
        return (_picture(parts) if parts.prefix == PICTURE else self._reported(parts),)

    def _reported(self, frame: Frame) -> Message:
        read = read_text if frame.is_text else read_binary
        reports = read(frame.content, self._settings)
        return Message(
            "positions",
            frame.unit_id,
            tuple(report.position(damaged=frame.damaged) for report in reports),
            token=frame.token,
            damaged=frame.damaged,
        )


def _picture(frame: Frame) -> Message:
    """A part of a picture: its time and camera, how many parts there are, and which this is."""
    content = frame.content
    if frame.is_text or len(content) < _PICTURE.size:
        raise ProtocolError(PROTOCOL_NAME, "a picture's part has no head")
    time_s, camera, total, index = _PICTURE.unpack_from(content)
    return Message(
        "other",
        frame.unit_id,
        token=frame.token,
        damaged=frame.damaged,
        attributes={
            "image": f"{time_s}-{camera}",
            "index": str(index),
            "photo:total": str(total),
            "photo": content[_PICTURE.size :].hex(),
        },
    )


def _answer(frame: bytes, received_time_ms: int) -> Message:
    """A line: `$OK`, `$ERROR=…`, or a setting's name and value."""
    text = frame.strip(b"\r\n\0").decode("latin-1")
    if text.startswith(_INFO):
        return _info(text, received_time_ms)
    accepted = True if text == "$OK" else False if text.startswith("$ERR") else None
    return Message("response", text=text, accepted=accepted)


def _info(text: str, received_time_ms: int) -> Message:
    """AT$INFO: unit id, versions and numbers, supply in tenths of a volt, satellites, signal."""
    fields = text.removeprefix(_INFO).split(",")
    if len(fields) < _LEAST_INFO_FIELDS or not fields[0].isalnum():
        raise ProtocolError(PROTOCOL_NAME, f"$INFO has the fields {fields[:3]!r}")
    report = Report(received_time_ms)
    for name, value in zip(_INFO_NAMES, fields[1:], strict=False):
        if value:
            report.attributes[name] = value
    rest = fields[1 + len(_INFO_NAMES) :]
    if len(rest) >= 5 and all(value.isascii() and value.isdigit() for value in rest[:5]):
        report.fields["battery_v"] = int(rest[0][:9]) / 10
        report.fields["satellites"] = int(rest[2][:9])
        report.attributes["gsmSignal"] = rest[4]
    return Message("response", fields[0], (report.position(),), text=text)
