"""An EGTS connection: of a terminal, or of a system that speaks for many objects.

Source: Order 285 of the Ministry of Transport of Russia (31.07.2012); GOST R 54619-2011.
"""

import struct
from collections.abc import Sequence

from milepost.domain.message import Message, MessageKind
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.contract import CodecContext, Input
from milepost.protocols.egts.packet import (
    APPDATA,
    HEADER_BYTES,
    RESPONSE,
    SIGNED_APPDATA,
    response,
    result,
)
from milepost.protocols.egts.records import (
    AUTH_SERVICE,
    COMMAND_DATA,
    COMMANDS_SERVICE,
    CommandAnswer,
    Identity,
    Record,
    read_command,
    read_identity,
    read_records,
    reports_of,
)
from milepost.protocols.egts.teledata import PROTOCOL_NAME
from milepost.protocols.wire.checksums import crc8_31, crc16_ccitt_false
from milepost.protocols.wire.framing import FrameStream
from milepost.protocols.wire.report import Report

MAX_BUFFER_BYTES = 65_600
_VERSION = 1
_ROUTED_HEADER_BYTES = 16
_ENCRYPTED, _COMPRESSED = 0x18, 0x04
_ACCEPTED, _NOT_FOUND = 0, 153
_RECORD_RESPONSE = 0
_TOKEN = struct.Struct("<HB")
_RECORD_TOKEN = struct.Struct("<HB")


class EgtsCodec:
    """One EGTS connection.

    A terminal that has said who it is stays that for the whole connection; before that, and for
    other systems, each record's object id is the device's identity.
    """

    def __init__(self, context: CodecContext) -> None:
        self._lenient = context.lenient
        self._is_terminal = False
        self._stream = FrameStream(PROTOCOL_NAME, self._measure, self._frame, MAX_BUFFER_BYTES)

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        """The messages that are complete now; see `Codec.receive`."""
        return self._stream.receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        """PT_RESPONSE with each record's outcome; RESULT_CODE too after an identification."""
        return _answer(message.token, _ACCEPTED)

    def refuse(self, message: Message) -> bytes:
        """The same, with the code for an object that is not found."""
        return _answer(message.token, _NOT_FOUND)

    def _measure(self, data: bytes, start: int) -> int:
        if data[start] != _VERSION:
            reason = f"protocol version {data[start]}, due is {_VERSION}"
            raise ProtocolError(PROTOCOL_NAME, reason, offset=start)
        if len(data) - start < HEADER_BYTES:
            return -HEADER_BYTES
        header_bytes = data[start + 3]
        if header_bytes not in (HEADER_BYTES, _ROUTED_HEADER_BYTES):
            raise ProtocolError(PROTOCOL_NAME, f"a header of {header_bytes} bytes", offset=start)
        length = data[start + 5] | data[start + 6] << 8
        return header_bytes + (length + 2 if length else 0)

    def _frame(self, frame: bytes, received_time_ms: int) -> Sequence[Message]:
        header_bytes = frame[3]
        content = frame[header_bytes:-2] if len(frame) > header_bytes else b""
        damaged = crc8_31(frame[: header_bytes - 1]) != frame[header_bytes - 1] or (
            len(frame) > header_bytes
            and crc16_ccitt_false(content) != int.from_bytes(frame[-2:], "little")
        )
        if damaged and not self._lenient:
            raise ProtocolError(PROTOCOL_NAME, f"wrong checksum in {frame[:32].hex()}")
        if frame[2] & (_ENCRYPTED | _COMPRESSED):
            raise ProtocolError(PROTOCOL_NAME, "the packet is encrypted or compressed")
        number, kind = frame[7] | frame[8] << 8, frame[9]
        if kind == RESPONSE:
            return (_confirmation(content, damaged=damaged),)
        if kind not in (APPDATA, SIGNED_APPDATA):
            raise ProtocolError(PROTOCOL_NAME, f"a packet of type {kind}")
        if kind == SIGNED_APPDATA:
            content = content[2 + int.from_bytes(content[:2], "little") :]
        return self._records(number, read_records(content), received_time_ms, damaged=damaged)

    def _records(
        self, number: int, records: Sequence[Record], received_time_ms: int, *, damaged: bool
    ) -> Sequence[Message]:
        """A message for the identity, one for each answer, one for each object's positions."""
        messages: list[Message] = []
        reports: dict[int | None, list[Report]] = {}
        identified = False
        for record in records:
            if record.service == AUTH_SERVICE:
                identity = _identity(record)
                if identity is not None:
                    identified = True
                    self._is_terminal = self._is_terminal or identity.is_terminal
                    messages.append(_login(identity, damaged=damaged))
            elif record.service == COMMANDS_SERVICE:
                messages += _answers(record, self._object(record), damaged=damaged)
            else:
                of_object = reports.setdefault(record.object_id, [])
                last = of_object[-1] if of_object else None
                of_object += reports_of(_without_answers(record), last, received_time_ms)
        for object_id, each in reports.items():
            positions = tuple(report.position(damaged=damaged) for report in each)
            if positions:
                messages.append(self._positions(object_id, positions, damaged=damaged))
        token = _TOKEN.pack(number, identified) + b"".join(
            _RECORD_TOKEN.pack(record.number, record.service) for record in records
        )
        return _with_token(messages, token, damaged=damaged)

    def _object(self, record: Record) -> str | None:
        known = not self._is_terminal and record.object_id
        return str(record.object_id) if known else None

    def _positions(
        self, object_id: int | None, positions: tuple[Position, ...], *, damaged: bool
    ) -> Message:
        unique_id = str(object_id) if object_id and not self._is_terminal else None
        return Message("positions", unique_id, positions, None, b"", damaged)


def _without_answers(record: Record) -> Record:
    """The device's own confirmations say nothing of the vehicle."""
    kept = tuple(each for each in record.subrecords if each[0] != _RECORD_RESPONSE)
    if len(kept) == len(record.subrecords):
        return record
    return Record(
        record.number,
        record.service,
        record.object_id,
        record.event_id,
        record.time_ms,
        kept,
    )


def _identity(record: Record) -> Identity | None:
    told = [each for each in record.subrecords if each[0] != _RECORD_RESPONSE]
    if not told:
        return None
    identity = Identity(attributes={})
    for kind, value in told:
        read_identity(kind, value, identity)
    return identity


def _login(identity: Identity, *, damaged: bool) -> Message:
    """A dispatcher's login has no identity: its records have."""
    kind: MessageKind = "login" if identity.is_terminal else "other"
    return Message(kind, identity.unique_id, damaged=damaged, attributes=identity.attributes)


def _answers(record: Record, unique_id: str | None, *, damaged: bool) -> list[Message]:
    answers: list[CommandAnswer] = [
        read_command(value) for kind, value in record.subrecords if kind == COMMAND_DATA
    ]
    return [
        Message(
            "response",
            unique_id,
            text=answer.text or None,
            damaged=damaged,
            reference=answer.number,
            accepted=answer.accepted,
        )
        for answer in answers
    ]


def _confirmation(content: bytes, *, damaged: bool) -> Message:
    """PT_RESPONSE of the device to a packet of ours: its number, and the outcome."""
    if len(content) < 3:
        raise ProtocolError(PROTOCOL_NAME, f"a response of {len(content)} bytes")
    return Message(
        "other",
        damaged=damaged,
        reference=int.from_bytes(content[:2], "little"),
        accepted=content[2] == _ACCEPTED,
    )


def _with_token(messages: list[Message], token: bytes, *, damaged: bool) -> list[Message]:
    """The last message answers for the packet."""
    if not messages:
        return [Message("other", token=token, damaged=damaged)]
    last = messages.pop()
    messages.append(
        Message(
            last.kind,
            last.unique_id,
            last.positions,
            last.text,
            token,
            last.damaged,
            last.attributes,
            last.reference,
            last.accepted,
        )
    )
    return messages


def _answer(token: bytes, code: int) -> bytes:
    if len(token) < _TOKEN.size:
        return b""
    number, identified = _TOKEN.unpack_from(token)
    records = list(_RECORD_TOKEN.iter_unpack(token[_TOKEN.size :]))
    answer = response(number, records, code)
    return answer + result(number, records[0][0], code) if identified else answer
