"""Ulbotech's frames: binary between two F8, with F7 as escape, and texts `*TS01,…#`.

Source: Ulbotech "T301 communication protocol"; captured frames.
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.ulbotech.groups import PROTOCOL_NAME, is_complete, read_groups
from milepost.protocols.ulbotech.text import read_text
from milepost.protocols.wire.checksums import crc16_xmodem
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 4096
_MARK, _ESCAPE, _TEXT, _TEXT_END = 0xF8, 0xF7, 0x2A, 0x23
_ESCAPED = ((b"\xf7\x0f", b"\xf8"), (b"\xf7\x00", b"\xf7"))
_LINE_END = b"\r\n"
_EPOCH_S = 946_684_800
_TIME_MASK = 0x7FFF_FFFF
_FIRST_GROUP = 14
_SHORTEST = _FIRST_GROUP + 2
_LONGEST_UNESCAPED = 512
_ACKNOWLEDGEMENT = b"\x01\xfe"


class UlbotechCodec:
    """One Ulbotech connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._stream = FrameStream(
            PROTOCOL_NAME, _measure, self._frame, MAX_BUFFER_BYTES, context.transport
        )

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """For a binary frame one of type FE with its identity and time; nothing for a text."""
        return message.token

    def refuse(self, message: Message) -> bytes:
        """Nothing: the device keeps what was not acknowledged."""
        del message
        return b""

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] == _TEXT and frame[-1] == _TEXT_END:
            return (read_text(frame, received_time_ms),)
        if frame[0] != _MARK:
            if not frame.strip(_LINE_END):
                return ()
            reason = f"{len(frame)} bytes before the next frame"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=0)
        if frame[-1] != _MARK:
            raise ProtocolError(PROTOCOL_NAME, f"no mark closes {frame[:32].hex()}")
        content, damaged = self._content(frame[1:-1])
        return (_message(content, damaged=damaged),)

    def _content(self, raw: bytes) -> tuple[bytes, bool]:
        """The content without its checksum, and whether that is wrong.

        A sequence that looks escaped may be data of a capture whose escapes were taken away.
        """
        if _holds(content := _unescaped(raw)):
            return content[:-2], False
        if _holds(raw):
            return raw[:-2], False
        if not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {raw[:32].hex()}")
        return content[:-2], True


def _holds(content: bytes) -> bool:
    return len(content) >= _SHORTEST and crc16_xmodem(content[:-2]) == int.from_bytes(
        content[-2:], "big"
    )


def _unescaped(raw: bytes) -> bytes:
    if _ESCAPE not in raw:
        return raw
    for written, meant in _ESCAPED:
        raw = raw.replace(written, meant)
    return raw


def _escaped(content: bytes) -> bytes:
    for written, meant in reversed(_ESCAPED):
        content = content.replace(meant, written)
    return content


def _measure(data: bytes, start: int) -> int:
    """To the next mark or `#`; what stands between frames is a frame of its own."""
    first = data[start]
    if first == _MARK:
        return _binary_length(data, start)
    if first != _TEXT:
        return _garbage(data, start)
    end = data.find(_TEXT_END, start)
    return -(len(data) - start + 1) if end < 0 else end + 1 - start


def _binary_length(data: bytes, start: int) -> int:
    """To the next mark. Where the checksum does not hold there, a mark may be data: some devices
    do not escape. The frame then goes on to a mark where it holds, or to where its groups end.
    """
    first_end = data.find(_MARK, start + 1)
    if first_end < 0:
        return -(len(data) - start + 1)
    if first_end == start + 1:
        return 1
    end = first_end
    while 0 <= end < start + _LONGEST_UNESCAPED:
        raw = data[start + 1 : end]
        if _holds(_unescaped(raw)) or _holds(raw):
            return end + 1 - start
        end = data.find(_MARK, end + 1)
    is_open = (
        len(data) - start < _LONGEST_UNESCAPED
        and data[first_end + 1 : first_end + 2] not in (b"\xf8", b"*")
        and not is_complete(data[start + 1 :], _FIRST_GROUP)
    )
    return -(len(data) - start + 1) if is_open else first_end + 1 - start


def _garbage(data: bytes, start: int) -> int:
    found = [at for at in (data.find(mark, start) for mark in (b"\xf8", b"*TS")) if at >= 0]
    return min(found, default=len(data)) - start


def _message(content: bytes, *, damaged: bool) -> Message:
    if len(content) < _FIRST_GROUP:
        raise ProtocolError(PROTOCOL_NAME, f"a frame of {len(content)} bytes holds nothing")
    identity = content[2:10].hex().removeprefix("0")
    if not identity.isdecimal():
        raise ProtocolError(PROTOCOL_NAME, f"identity {identity} is not of digits")
    time_s = (int.from_bytes(content[10:14], "big") & _TIME_MASK) + _EPOCH_S
    report = Report(time_s * 1000)
    read_groups(content, _FIRST_GROUP, report)
    token = _acknowledgement(content[2:_FIRST_GROUP])
    if not report.says_something:
        return Message("heartbeat", identity, token=token, damaged=damaged)
    positions = (report.position(damaged=damaged),)
    return Message("positions", identity, positions, token=token, damaged=damaged)


def _acknowledgement(identity_and_time: bytes) -> bytes:
    body = _ACKNOWLEDGEMENT + identity_and_time
    body += crc16_xmodem(body).to_bytes(2, "big")
    return b"\xf8" + _escaped(body) + b"\xf8"
