"""EGTS: service data records, and what the services of identity and of commands say.

Source: Order 285 of the Ministry of Transport of Russia (31.07.2012), sections on the service
support layer, EGTS_AUTH_SERVICE and EGTS_COMMANDS_SERVICE.
"""

import struct
from collections.abc import Callable, Iterator, Mapping

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.egts.teledata import EPOCH_MS, POS_DATA, PROTOCOL_NAME, SUBRECORDS
from milepost.protocols.wire.report import Report

AUTH_SERVICE, TELEDATA_SERVICE, COMMANDS_SERVICE = 1, 2, 4
_RECORD_HEAD = struct.Struct("<HHB")
_WITH_OBJECT, _WITH_EVENT, _WITH_TIME = 0x01, 0x02, 0x04


class Record(msgspec.Struct, frozen=True):
    """A service data record; `object_id` and `time_ms` where it has them."""

    number: int
    service: int
    object_id: int | None
    event_id: int | None
    time_ms: int | None
    subrecords: tuple[tuple[int, bytes], ...]


def read_records(content: bytes) -> list[Record]:
    """The records that fill the content.

    Raises:
        ProtocolError: one reaches beyond it.
    """
    records: list[Record] = []
    offset = 0
    while offset < len(content):
        if offset + _RECORD_HEAD.size + 2 > len(content):
            raise ProtocolError(PROTOCOL_NAME, "a record ends within its head", offset=offset)
        length, number, flags = _RECORD_HEAD.unpack_from(content, offset)
        offset += _RECORD_HEAD.size
        optional: list[int | None] = []
        for flag in (_WITH_OBJECT, _WITH_EVENT, _WITH_TIME):
            optional.append(_number(content, offset) if flags & flag else None)
            offset += 4 if flags & flag else 0
        end = offset + 2 + length
        if end > len(content):
            raise ProtocolError(PROTOCOL_NAME, f"a record of {length} bytes is cut off")
        object_id, event_id, time_s = optional
        records.append(
            Record(
                number,
                content[offset],
                object_id,
                event_id,
                None if time_s is None else EPOCH_MS + time_s * 1000,
                tuple(_subrecords(content[offset + 2 : end])),
            )
        )
        offset = end
    return records


def _number(content: bytes, offset: int) -> int:
    if offset + 4 > len(content):
        raise ProtocolError(PROTOCOL_NAME, "a record ends within its head", offset=offset)
    return int.from_bytes(content[offset : offset + 4], "little")


def _subrecords(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Type, length and content of each."""
    offset = 0
    while offset + 3 <= len(content):
        length = content[offset + 1] | content[offset + 2] << 8
        end = offset + 3 + length
        if end > len(content):
            raise ProtocolError(PROTOCOL_NAME, f"a subrecord of {length} bytes is cut off")
        yield content[offset], content[offset + 3 : end]
        offset = end
    if offset < len(content):
        raise ProtocolError(PROTOCOL_NAME, "a record ends within a subrecord's head")


def reports_of(record: Record, open_report: Report | None, received_time_ms: int) -> list[Report]:
    """What a telematics record says: a report for each position in it.

    What comes without a position belongs to `open_report`, the one before it of the same object,
    unless the record has a time of its own.
    """
    time_ms = received_time_ms if record.time_ms is None else record.time_ms
    report = open_report if record.time_ms is None else None
    reports: list[Report] = []
    for kind, value in record.subrecords:
        if report is None or kind == POS_DATA:
            report = Report(time_ms)
            reports.append(report)
        read = SUBRECORDS.get(kind)
        if read is None:
            report.attributes[f"sr:{kind}"] = value.hex()
        else:
            read(value, report)
    if record.event_id is not None and report is not None:
        report.note("egts:event", record.event_id)
    return [each for each in reports if each.says_something]


class Identity(msgspec.Struct):
    """What the service of identity says: of a terminal or of a dispatcher's system."""

    unique_id: str | None = None
    is_terminal: bool = False
    attributes: dict[str, str] = {}


def read_identity(kind: int, value: bytes, identity: Identity) -> None:
    """A subrecord of the service of identity; those that nobody explained are kept in hex."""
    read = _IDENTITY.get(kind)
    if read is None:
        identity.attributes[f"sr:{kind}"] = value.hex()
    else:
        read(value, identity)


_TERMINAL_PARTS = (
    (0, 2, "egts:homeDispatcher"),
    (1, 15, "imei"),
    (2, 16, "imsi"),
    (3, 3, "egts:language"),
    (5, 3, "egts:network"),
    (6, 2, "egts:buffer"),
    (7, 15, "phone"),
)
_BINARY_PARTS = frozenset({0, 5, 6})


def _terminal(value: bytes, identity: Identity) -> None:
    """Terminal id, flags, and what the flags announce; it is known by its IMEI if it has one."""
    if len(value) < 5:
        raise ProtocolError(PROTOCOL_NAME, f"TERM_IDENTITY of {len(value)} bytes")
    flags, offset = value[4], 5
    for bit, length, name in _TERMINAL_PARTS:
        if not flags >> bit & 1:
            continue
        part = value[offset : offset + length]
        offset += length
        text = (
            str(int.from_bytes(part, "little"))
            if bit in _BINARY_PARTS
            else part.rstrip(b"\0").decode("latin-1").strip()
        )
        if text:
            identity.attributes[name] = text
    terminal_id = int.from_bytes(value[:4], "little")
    imei = identity.attributes.pop("imei", "")
    identity.unique_id = imei if imei.isalnum() else str(terminal_id)
    identity.attributes["egts:terminal"] = str(terminal_id)
    identity.is_terminal = True


def _dispatcher(value: bytes, identity: Identity) -> None:
    """Another system, which speaks for many objects: type, number, description."""
    if len(value) < 5:
        raise ProtocolError(PROTOCOL_NAME, f"DISPATCHER_IDENTITY of {len(value)} bytes")
    identity.attributes["egts:dispatcher"] = str(int.from_bytes(value[1:5], "little"))
    text = value[5:].decode("cp1251", "replace").strip("\0")
    if text:
        identity.attributes["text"] = text


def _vehicle(value: bytes, identity: Identity) -> None:
    vin = value[:17].rstrip(b"\0").decode("latin-1").strip()
    if vin.isalnum():
        identity.attributes["vin"] = vin


def _module(value: bytes, identity: Identity) -> None:
    """Type, maker, firmware, software, changed, state, serial number, description."""
    if len(value) >= 10:
        identity.attributes["manufacturer"] = str(int.from_bytes(value[1:5], "little"))
        identity.attributes["firmware"] = f"{value[6]}.{value[5]}"
    if len(value) > 11:
        texts = value[11:].split(b"\0")
        identity.attributes["egts:module"] = texts[0].decode("cp1251", "replace")


_IDENTITY: Mapping[int, Callable[[bytes, Identity], None]] = {
    1: _terminal,
    2: _module,
    3: _vehicle,
    5: _dispatcher,
}

COMMAND_DATA = 51
_COMMAND_HEAD = struct.Struct("<BIIB")


class CommandAnswer(msgspec.Struct, frozen=True):
    """What a device says to a command: its number, whether it was done, and the text."""

    number: int
    accepted: bool
    text: str


def read_command(value: bytes) -> CommandAnswer:
    """COMMAND_DATA: kind and outcome, numbers of command and source, code and charset, content.

    Raises:
        ProtocolError: it is too short.
    """
    if len(value) < _COMMAND_HEAD.size:
        raise ProtocolError(PROTOCOL_NAME, f"COMMAND_DATA of {len(value)} bytes")
    kind, number, _, flags = _COMMAND_HEAD.unpack_from(value)
    offset = _COMMAND_HEAD.size + (flags & 1)
    if flags & 2:
        offset += 1 + int.from_bytes(value[offset : offset + 1], "little")
    content = value[offset:]
    text = content.decode("cp1251", "replace").strip("\0")
    return CommandAnswer(number, kind & 0x0F == 0, text if text.isprintable() else content.hex())
