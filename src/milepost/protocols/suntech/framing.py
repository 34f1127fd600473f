"""Cuts Suntech's streams: texts that end in a carriage return, and binary reports with a length.

Source: Suntech "ST300/340 Operation Manual" 1.56, 3 and 6; "Universal Reporting Guide" 1.62.
"""

import re

MAX_BUFFER_BYTES = 8192
ZIP_START = 0x02
UNIVERSAL_STARTS = range(0x80, 0x90)

_END = b"\r"
_BETWEEN = b"\r\n\0"
_LONGEST_DATA_BYTES = 1024
_ESCAPE = b"\x01"
_SERIAL_HEADER = re.compile(rb"(?:S[AT](\d)\d\d)?UEX;")
_SERIAL_END = re.compile(
    rb";[0-9A-Fa-f]{1,2};[0-9]{1,12};[0-9]{1,2}\.[0-9]{1,2};[01];[0-9A-Fa-f]{14};[01]"
)
_LENGTH_FIELD, _LENGTH_FIELD_OF_ST6 = 16, 20
_UNIVERSAL_FIRST_FIELD, _UNIVERSAL_MASK_BITS = 3, 0x7FFFE


def measure(data: bytes, start: int) -> int:
    """Length of what begins at `start`: a report, a line end between two, or garbage."""
    first = data[start]
    if first == ZIP_START or first in UNIVERSAL_STARTS:
        return _measure_binary(data, start, first)
    if first in _BETWEEN:
        return 1
    if not 0x41 <= first <= 0x5A:
        end = data.find(_END, start)
        return end + 1 - start if end >= 0 else len(data) - start
    return _measure_text(data, start)


def _measure_binary(data: bytes, start: int, first: int) -> int:
    if len(data) - start < 3:
        return -3
    length = 3 + int.from_bytes(data[start + 1 : start + 3], "big")
    return length + 1 if first == ZIP_START else length


def _measure_text(data: bytes, start: int) -> int:
    end = data.find(_END, start)
    header = _SERIAL_HEADER.match(data, start)
    if header is not None:
        data_at = serial_data_at(data, start)
        if data_at is None:
            return end + 1 - start if end >= 0 else -(len(data) - start + 1)
        data_end = data_at[0] + data_at[1]
        if len(data) <= data_end:
            return -(data_end + 1 - start)
        tail = _SERIAL_END.match(data, data_end)
        if tail is not None:
            return tail.end() - start
        end = data.find(_END, data_end)
    return end + 1 - start if end >= 0 else -(len(data) - start + 1)


def serial_data_at(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the data of a UEX report begins, and its bytes on the wire; None if that is not there.

    The data may hold line ends and semicolons: only its length tells where it ends.
    """
    header = _SERIAL_HEADER.match(data, start)
    if header is None:
        return None
    fields = data[start : start + _LONGEST_DATA_BYTES].split(b";", _LENGTH_FIELD_OF_ST6 + 6)
    at = _length_field(header[1], fields)
    if at is None or len(fields) < at + 2 or not fields[at].isdigit() or len(fields[at]) > 4:
        return None
    length = int(fields[at])
    if length > _LONGEST_DATA_BYTES:
        return None
    data_at = start + sum(map(len, fields[: at + 1])) + at + 1
    return data_at, _wire_bytes(data, data_at, length)


def _wire_bytes(data: bytes, start: int, length: int) -> int:
    """How many bytes the data has on the wire: 00 and 01 come as two, 01 10 and 01 11."""
    at = start
    for _ in range(length):
        at += 2 if data[at : at + 1] == _ESCAPE else 1
    return at - start


def _length_field(family: bytes | None, fields: list[bytes]) -> int | None:
    """Which field is the length: in the universal form the mask says how many precede it."""
    if family is not None:
        return _LENGTH_FIELD_OF_ST6 if family == b"6" else _LENGTH_FIELD
    if len(fields) < 4:
        return None
    try:
        mask = int(fields[2], 16)
    except ValueError:
        return None
    return _UNIVERSAL_FIRST_FIELD + (mask & _UNIVERSAL_MASK_BITS).bit_count()
