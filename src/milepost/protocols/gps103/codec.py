"""GPS103's frames: logins, heartbeats, pictures, and what is told by a keyword.

Source: Coban "GPRS PROTOCOL" of 2014-12-12, sections 1 to 4; captured frames.
"""

import re
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.gps103.fields import PROTOCOL_NAME, LocalClock
from milepost.protocols.gps103.keywords import meaning_of
from milepost.protocols.gps103.obd import read_obd
from milepost.protocols.gps103.report import is_decimal_report, read_decimal_report, read_report
from milepost.protocols.wire.clock import TIME_ZONE, utc_offset_s
from milepost.protocols.wire.framing import FrameStream

MAX_BUFFER_BYTES = 8192
_ENDS = re.compile(rb"[;*\r\n]")
_IDENTITY = re.compile(r"[0-9A-Za-z]{8,20}")
_LOGIN_ANSWER, _HEARTBEAT_ANSWER = b"LOAD", b"ON"
_LOGIN_FIELDS = 3
_HELP_ANSWER = "**,imei:{},E;"
_OBD, _PICTURE = "OBD", "vr"


class Gps103Codec:
    """One GPS103 connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        offset_s = utc_offset_s(context.options) if TIME_ZONE in context.options else None
        self._clock = LocalClock(offset_s)
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """`LOAD` for a login, `ON` for a heartbeat, `E` ends a call for help; else nothing."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: without `LOAD` the device does not report."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        text = frame.decode("latin-1").strip("; *\r\n\t")
        if not text:
            return ()
        if not text.isprintable():
            raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
        begin = text.find("imei:")
        heartbeat = _HEARTBEAT_ANSWER if text[0].isdecimal() else b""
        if begin < 0:
            return (_heartbeat(text, heartbeat),)
        fields = [field.strip() for field in text[begin + 5 :].split(",")]
        if _IDENTITY.fullmatch(fields[0]) is None:
            raise ProtocolError(PROTOCOL_NAME, f"imei: {fields[0]!r} is no identity")
        is_short = len(fields) <= _LOGIN_FIELDS and _PICTURE not in fields
        if text.startswith("##") or (is_short and len("".join(fields[1:])) <= 1):
            return (Message("login", fields[0], token=_LOGIN_ANSWER),)
        if is_short:
            raise ProtocolError(PROTOCOL_NAME, f"a report of {len(fields)} fields: {text[:40]!r}")
        return (_told(fields, heartbeat, self._clock, received_time_ms),)


def _measure(data: bytes, start: int) -> int:
    end = _ENDS.search(data, start)
    return -(len(data) - start + 1) if end is None else end.end() - start


def _heartbeat(text: str, token: bytes) -> Message:
    if _IDENTITY.fullmatch(text) is None or not text.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"no frame begins with {text[:40]!r}", offset=0)
    return Message("heartbeat", text, token=token)


def _told(fields: Sequence[str], token: bytes, clock: LocalClock, received_time_ms: int) -> Message:
    unique_id, keyword = fields[0], fields[1]
    if keyword == _OBD:
        position = read_obd(fields, clock, received_time_ms)
        return Message("positions", unique_id, (position,), token=token)
    if is_decimal_report(fields):
        position = read_decimal_report(fields)
        return Message("positions", unique_id, (position,), token=token)
    return _by_keyword(fields, token, read_report(fields, clock, received_time_ms))


def _by_keyword(fields: Sequence[str], token: bytes, position: Position) -> Message:
    unique_id, keyword = fields[0], fields[1]
    if position.alarm == "sos":
        token += _HELP_ANSWER.format(unique_id).encode("ascii")
    accepted = meaning_of(keyword).accepted
    if accepted is None:
        return Message("positions", unique_id, (position,), token=token)
    return Message("response", unique_id, (position,), keyword, token, accepted=accepted)
