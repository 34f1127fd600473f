"""One connection of a Suntech device: texts and binary reports in, messages out."""

import re
from collections.abc import Callable, Mapping, Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.suntech import legacy, portable, universal
from milepost.protocols.suntech.binary import read_binary
from milepost.protocols.suntech.commands import framed
from milepost.protocols.suntech.fields import PROTOCOL_NAME
from milepost.protocols.suntech.framing import (
    MAX_BUFFER_BYTES,
    UNIVERSAL_STARTS,
    ZIP_START,
    measure,
    serial_data_at,
)
from milepost.protocols.suntech.options import options_of
from milepost.protocols.wire.framing import FrameStream

_HEADER = re.compile("(S[AT][0-9]{3})?([A-Z]{3})?")
_ACKNOWLEDGE_EMERGENCY = ("02;AckEmerg", "02;AckEmerg")
_BINARY = frozenset((ZIP_START, *UNIVERSAL_STARTS))


class SuntechCodec:
    """One connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._options = options_of(context.options)
        self._stream = FrameStream(
            PROTOCOL_NAME, measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """An emergency is repeated until the device hears of it; nothing else is answered."""
        if not message.token.endswith(b"EMG") or message.unique_id is None:
            return b""
        return framed(message.unique_id, message.token, _ACKNOWLEDGE_EMERGENCY)

    def refuse(self, message: Message) -> bytes:
        """Nothing: reports without an answer are not kept by the device."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] in _BINARY:
            return (read_binary(frame),)
        content = frame.strip(b"\r\n\0")
        if not content:
            return ()
        return (self._text(content, received_time_ms),)

    def _text(self, content: bytes, received_time_ms: int) -> Message:
        values = _split(content)
        match = _HEADER.fullmatch(values[0])
        if match is None or len(values) < 2 or not values[1]:
            raise ProtocolError(PROTOCOL_NAME, f"no report begins with {content[:40]!r}")
        family, kind = match[1] or "", match[2] or ""
        if family.startswith("ST9"):
            return portable.read_st9_report(values)
        if family and values[1] == "Res":
            return legacy.read_answer(values)
        if family.startswith("ST4") and kind == "STT":
            return portable.read_cells_report(values, received_time_ms)
        if family and kind in legacy.KINDS:
            return legacy.read_report(kind, values, self._options)
        if not family and kind in universal.KINDS:
            return universal.read_report(kind, values)
        return _OTHERS.get(kind, _other)(values)


def _split(content: bytes) -> list[str]:
    """The fields; the data of a device at the serial port is one, whatever it holds."""
    span = serial_data_at(content, 0)
    if span is None or content[span[0] + span[1] : span[0] + span[1] + 1] != b";":
        return content.decode("latin-1").split(";")
    start, end = span[0], span[0] + span[1]
    before, after = content[: start - 1], content[end + 1 :]
    data = content[start:end].decode("latin-1")
    return [*before.decode("latin-1").split(";"), data, *after.decode("latin-1").split(";")]


def _answer(values: list[str]) -> Message:
    """`RES;identity;group;number;text`: the answer of an universal device."""
    return Message("response", values[1], text=";".join(values[2:]), token=values[0].encode())


def _other(values: list[str]) -> Message:
    """Reports that have no reader: kept as text."""
    attributes = {f"type:{values[0]}": ";".join(values[2:])}
    return Message("other", values[1], token=values[0].encode(), attributes=attributes)


_OTHERS: Mapping[str, Callable[[list[str]], Message]] = {
    "ALV": legacy.read_heartbeat,
    "HTE": legacy.read_trip,
    "BLE": portable.read_beacons,
    "BSA": portable.read_sensor_beacons,
    "RES": _answer,
}
