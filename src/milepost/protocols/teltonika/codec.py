"""Teltonika: FMB, FMC, FMM and older families, over TCP and UDP.

Source: Teltonika wiki, "Codec" and "Teltonika AVL Protocols".
"""

import struct
from collections.abc import Mapping, Sequence

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.teltonika.answers import read_commands
from milepost.protocols.teltonika.gh import read_gh_records
from milepost.protocols.teltonika.layouts import CODEC_8, CODEC_8_EXTENDED, CODEC_16, Dialect
from milepost.protocols.teltonika.records import RecordReader
from milepost.protocols.wire.checksums import crc16_ibm
from milepost.protocols.wire.framing import FrameStream, bytes_of

_PROTOCOL = "teltonika"
MAX_BUFFER_BYTES = 65536
_PING = 0xFF
_MAX_IDENTITY_BYTES = 32
_SHORTEST_DATA_FRAME = 15
_GH = 7
_KNOWN_CODECS = "07, 08, 8e, 10, 0c to 0f"
_COMMAND_CODECS = frozenset({12, 13, 14, 15})
_DIALECTS: Mapping[int, Dialect] = {8: CODEC_8, 0x8E: CODEC_8_EXTENDED, 16: CODEC_16}


class TeltonikaCodec:
    """One Teltonika connection, or one datagram."""

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._datagrams = context.transport == "udp"
        self._stream = FrameStream(_PROTOCOL, self._measure, self._frame, MAX_BUFFER_BYTES)
        self._readers = {codec: RecordReader(dialect) for codec, dialect in _DIALECTS.items()}

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        if self._datagrams:
            datagram = bytes_of(_PROTOCOL, data)
            return (self._datagram(datagram),) if datagram else ()
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """The number of records taken; `01` for a login."""
        return b"\x01" if message.kind == "login" else message.token

    def refuse(self, message: Message) -> bytes:
        """`00` for a login; nothing for records, so that the device keeps them."""
        return b"\x00" if message.kind == "login" else b""

    def _measure(self, data: bytes, start: int) -> int:
        if data[start] == _PING:
            return 1
        if len(data) - start < 2:
            return -2
        identity_length = data[start] << 8 | data[start + 1]
        if identity_length:
            return _identity_length(identity_length, start) + 2
        if len(data) - start < 8:
            return -8
        preamble, length = struct.unpack_from(">II", data, start)
        if preamble:
            raise ProtocolError(_PROTOCOL, f"preamble {preamble:08x}, must be 0", offset=start)
        if self._lenient and not length:
            return max(len(data) - start, _SHORTEST_DATA_FRAME)
        if length < 3:
            raise ProtocolError(_PROTOCOL, f"a data length of {length}", offset=start)
        return 12 + int(length)

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        if frame[0] == _PING:
            return (Message("heartbeat"),)
        if frame[0] or frame[1]:
            return (Message("login", _identity(frame[2:])),)
        damaged = self._check(frame)
        codec = frame[8]
        if codec in _COMMAND_CODECS:
            return read_commands(frame, codec, received_time_ms, damaged)
        return (self._records(frame, 8, len(frame) - 4, None, damaged=damaged),)

    def _check(self, frame: bytes) -> bool:
        computed = crc16_ibm(frame[8:-4])
        came = int.from_bytes(frame[-4:], "big")
        if computed == came:
            return False
        if not self._lenient:
            reason = f"checksum {came:08x} came, computed is {computed:08x}"
            raise ProtocolError(_PROTOCOL, reason, offset=len(frame) - 4)
        return True

    def _records(
        self, frame: bytes, start: int, end: int, udp: tuple[str, bytes] | None, *, damaged: bool
    ) -> Message:
        codec, count = frame[start], frame[start + 1]
        reader = self._readers.get(codec)
        if reader is None and codec != _GH:
            raise ProtocolError(_PROTOCOL, f"codec {codec:02x} came, known are {_KNOWN_CODECS}")
        if frame[end - 1] != count:
            reason = f"{count} records announced at the start, {frame[end - 1]} at the end"
            raise ProtocolError(_PROTOCOL, reason, offset=end - 1)
        if reader is None:
            positions = tuple(read_gh_records(frame[start + 2 : end - 1], count, damaged=damaged))
        else:
            positions = tuple(reader.read(frame, start + 2, end - 1, count, damaged))
        if udp is None:
            return _message(None, positions, count.to_bytes(4, "big"), damaged)
        unique_id, token = udp
        return _message(unique_id, positions, token + bytes((count,)), damaged)

    def _datagram(self, data: bytes) -> Message:
        """Length, packet id, 1, AVL packet id, IMEI, then records without a checksum."""
        if len(data) < 10 or len(data) != 2 + (data[0] << 8 | data[1]):
            reason = f"a datagram of {len(data)} bytes, its length says otherwise"
            raise ProtocolError(_PROTOCOL, reason)
        identity_end = 8 + _identity_length(data[6] << 8 | data[7], 6)
        if identity_end + 3 > len(data):
            raise ProtocolError(_PROTOCOL, "the datagram ends within the IMEI")
        identity = _identity(data[8:identity_end])
        token = b"\x00\x05" + data[2:4] + b"\x01" + data[5:6]
        return self._records(data, identity_end, len(data), (identity, token), damaged=False)


def _message(
    unique_id: str | None, positions: tuple[Position, ...], token: bytes, damaged: bool
) -> Message:
    return Message("positions", unique_id, positions, None, token, damaged)


def _identity_length(length: int, start: int) -> int:
    if not 0 < length <= _MAX_IDENTITY_BYTES:
        reason = f"an identity of {length} bytes, allowed are 1 to {_MAX_IDENTITY_BYTES}"
        raise ProtocolError(_PROTOCOL, reason, offset=start)
    return length


def _identity(raw: bytes) -> str:
    if not raw.isalnum():
        raise ProtocolError(_PROTOCOL, f"identity {raw.hex()} is not letters and digits")
    return raw.decode("ascii")
