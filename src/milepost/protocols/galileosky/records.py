"""Galileosky: a packet's tags to records.

Source: Galileosky, "Server exchange protocol": structure of packets, compressed packets.
"""

from datetime import UTC, datetime

from milepost.errors import ProtocolError
from milepost.protocols.galileosky.tags import (
    ARRAY,
    COMMAND_NUMBER,
    EXTENDED,
    EXTENDED_TAGS,
    IMEI,
    TAGS,
    TEXT,
)
from milepost.protocols.wire.elements import Put
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "galileosky"
_IMEI_BYTES = 15
_MINIMUM_BYTES = 10
_DAY_MS = 86_400_000


class Record(Report):
    """What one record says, with the identity and the answer to a command it may hold."""

    __slots__ = ("command_number", "text", "unique_id")

    def __init__(self, fix_time_ms: int) -> None:
        super().__init__(fix_time_ms)
        self.unique_id: str | None = None
        self.command_number: int | None = None
        self.text: str | None = None


def read_records(content: bytes, received_time_ms: int) -> list[Record]:
    """The records of a packet: one ends where a tag comes a second time.

    A tag that is unknown ends the reading, as nothing tells its length: what follows is kept in
    the attribute `rest`.

    Raises:
        ProtocolError: a tag reaches beyond the content.
    """
    records: list[Record] = []
    record = Record(received_time_ms)
    seen: set[int] = set()
    number = int.from_bytes
    offset, end = 0, len(content)
    while offset < end:
        tag = content[offset]
        if tag in seen or not records:
            record = Record(received_time_ms)
            records.append(record)
            seen.clear()
        seen.add(tag)
        length, put = _NUMBERS[tag]
        following = offset + 1 + length
        if put is not None and following <= end:
            put(record, number(content[offset + 1 : following], "little"))
        else:
            following = read_tag(tag, content, offset + 1, record)
        if following < 0:
            record.attributes["rest"] = content[offset:].hex()
            break
        offset = following
    return records


def _number_of(tag: int) -> tuple[int, Put | None]:
    known = TAGS.get(tag)
    return (0, None) if known is None else (known.length, known.put)


_NUMBERS = tuple(map(_number_of, range(256)))
"""The tags that are numbers, by tag, for the hot path: length and where it goes."""


def read_tag(tag: int, content: bytes, start: int, record: Record) -> int:
    """Reads a tag's content; where the next tag stands, -1 if the tag is unknown.

    Raises:
        ProtocolError: the content ends before.
    """
    known = TAGS.get(tag)
    if known is None:
        special = _SPECIAL.get(tag)
        return -1 if special is None else special(content, start, record)
    end = start + known.length
    if end > len(content):
        raise ProtocolError(PROTOCOL_NAME, f"tag {tag:02x} ends after the packet", offset=start)
    value = content[start:end]
    if known.put is not None:
        known.put(record, int.from_bytes(value, "little"))
    elif known.read is not None:
        known.read(record, value)
    else:
        record.attributes[f"tag:{tag:02x}"] = value.hex()
    return end


def _taken(content: bytes, start: int, length: int) -> bytes:
    value = content[start : start + length]
    if len(value) != length:
        reason = f"{length} bytes of a tag are due, {len(value)} are left"
        raise ProtocolError(PROTOCOL_NAME, reason, offset=start)
    return value


def _imei(content: bytes, start: int, record: Record) -> int:
    imei = _taken(content, start, _IMEI_BYTES)
    if not imei.isdigit():
        raise ProtocolError(PROTOCOL_NAME, f"the IMEI {imei.hex()} is no digits", offset=start)
    record.unique_id = imei.decode("ascii")
    return start + _IMEI_BYTES


def _command_number(content: bytes, start: int, record: Record) -> int:
    record.command_number = int.from_bytes(_taken(content, start, 4), "little")
    return start + 4


def _text(content: bytes, start: int, record: Record) -> int:
    length = _taken(content, start, 1)[0]
    record.text = _taken(content, start + 1, length).decode("cp1251", "replace")
    return start + 1 + length


def _array(content: bytes, start: int, record: Record) -> int:
    length = _taken(content, start, 1)[0]
    record.attributes["data"] = _taken(content, start + 1, length).hex()
    return start + 1 + length


def _extended(content: bytes, start: int, record: Record) -> int:
    """Length of the extended tags in bytes, then the tags, two bytes each, with their content."""
    length = int.from_bytes(_taken(content, start, 2), "little")
    value = _taken(content, start + 2, length)
    offset = 0
    while offset + 2 <= length:
        tag = int.from_bytes(value[offset : offset + 2], "little")
        known = EXTENDED_TAGS.get(tag)
        if known is None or offset + 2 + known[0] > length:
            break
        known[1](record, int.from_bytes(value[offset + 2 : offset + 2 + known[0]], "little"))
        offset += 2 + known[0]
    if offset < length:
        record.attributes["tag:fe"] = value[offset:].hex()
    _cell(record.attributes)
    return start + 2 + length


def _cell(attributes: dict[str, str]) -> None:
    names = ("gsm:mcc", "gsm:mnc", "areaCode", "cellId")
    if all(name in attributes for name in names):
        attributes["cells"] = cell_text(*(int(attributes.pop(name)) for name in names))


_SPECIAL = {
    IMEI: _imei,
    COMMAND_NUMBER: _command_number,
    TEXT: _text,
    ARRAY: _array,
    EXTENDED: _extended,
}


def read_compressed(content: bytes, received_time_ms: int) -> list[Record]:
    """Records of a compressed packet: the least that a record has in ten bytes, the number of its
    tags, the tags, then the content of each. The last record may be without tags.

    Raises:
        ProtocolError: the content ends within a record, or a tag is unknown.
    """
    records: list[Record] = []
    offset = 0
    while offset < len(content):
        record = _minimum(_taken(content, offset, _MINIMUM_BYTES), received_time_ms)
        offset += _MINIMUM_BYTES
        count = content[offset] & 0x7F if offset < len(content) else 0
        tags = _taken(content, offset + 1, count)
        offset += 1 + len(tags)
        for tag in tags:
            offset = read_tag(tag, content, offset, record)
            if offset < 0:
                raise ProtocolError(PROTOCOL_NAME, f"tag {tag:02x} is unknown")
        records.append(record)
    return records


def _minimum(value: bytes, received_time_ms: int) -> Record:
    """A bit, seconds of the year (25), no fix (1), longitude (22), latitude (21), alarm (1)."""
    bits = int.from_bytes(value, "big")
    record = Record(_time_of_year_ms(bits >> 54 & 0x1FF_FFFF, received_time_ms))
    longitude = 360 * (bits >> 31 & 0x3F_FFFF) / (1 << 22) - 180
    latitude = 180 * (bits >> 10 & 0x1F_FFFF) / (1 << 21) - 90
    record.place(latitude, longitude, valid=not bits >> 53 & 1)
    if bits >> 9 & 1:
        record.alarm("general")
    return record


def _time_of_year_ms(seconds: int, received_time_ms: int) -> int:
    """The wire has no year: it is the last one in which that time was not in the future."""
    year = datetime.fromtimestamp(received_time_ms // 1000, UTC).year
    for candidate in (year, year - 1):
        begin_ms = round(datetime(candidate, 1, 1, tzinfo=UTC).timestamp()) * 1000
        if begin_ms + seconds * 1000 <= received_time_ms + _DAY_MS:
            break
    return begin_ms + seconds * 1000
