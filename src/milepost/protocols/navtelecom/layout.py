"""FLEX: a record's layout by the mask that device and server agreed on.

Source: Navtelecom, "Protocol of information exchange" 6.2, section 1.2.1.
"""

import struct
from collections.abc import Sequence

from milepost.errors import ProtocolError
from milepost.protocols.navtelecom.fields import FIELDS, FIX_TIME, FlexField
from milepost.protocols.wire.checksums import crc8_31
from milepost.protocols.wire.report import Report

PROTOCOL_NAME = "navtelecom"
_MOST_RECORD_BYTES = 1024
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800
_NEXT = b"~@\x7f"
_TIME_FIELDS = [1, 2, 3]


def mask_fields(mask: bytes, count: int) -> list[int]:
    """The numbers of the fields whose bit is set, the highest bit of a byte first."""
    bits = int.from_bytes(mask, "big")
    width = 8 * len(mask)
    return [at + 1 for at in range(min(count, width)) if bits >> (width - 1 - at) & 1]


class FlexLayout:
    """How the records of a connection are read.

    `size_bytes` is None until it is known: fields without a public size are measured by the first
    frame whose checksum is right.
    """

    def __init__(self, fields: Sequence[int], size_bytes: int | None = None) -> None:
        known = [number for number in fields if number in FIELDS]
        first_unknown = min((n for n in fields if n not in FIELDS), default=256)
        self._head = [(number, FIELDS[number]) for number in known if number < first_unknown]
        self._tail = [(number, FIELDS[number]) for number in known if number > first_unknown]
        self._head_struct = _struct(self._head)
        self._tail_struct = _struct(self._tail)
        self._least_bytes = self._head_struct.size + self._tail_struct.size
        self._timed = [number for number, _ in self._head][:3] == _TIME_FIELDS
        self.size_bytes = size_bytes
        if size_bytes is None and first_unknown == 256:
            self.size_bytes = self._least_bytes

    def measured(self, data: bytes, start: int, first_bytes: int, count: int) -> int:
        """The length of a frame with `count` records from `first_bytes` on; negative: how many
        bytes are needed to say."""
        if self.size_bytes is not None:
            return first_bytes + count * self.size_bytes + 1
        left = len(data) - start
        for size in range(self._least_bytes, _MOST_RECORD_BYTES):
            length = first_bytes + count * size + 1
            if length > left:
                return -(left + 1)
            if self._fits(data[start : start + length + 1], first_bytes, count, size):
                self.size_bytes = size
                return length
        raise ProtocolError(PROTOCOL_NAME, "no size of records gives a right checksum")

    def _fits(self, frame: bytes, first_bytes: int, count: int, size: int) -> bool:
        length = first_bytes + count * size + 1
        if frame[length:] and frame[length] not in _NEXT:
            return False
        if crc8_31(frame[: length - 1]) != frame[length - 1]:
            return False
        return not self._timed or all(
            _EARLIEST_S <= int.from_bytes(frame[at + 6 : at + 10], "little") <= _LATEST_S
            for at in range(first_bytes, length - 1, size)
        )

    def read(self, record: bytes, received_time_ms: int) -> Report:
        """A record of `size_bytes`.

        Raises:
            ProtocolError: it is shorter than its fields.
        """
        if len(record) < self._least_bytes:
            reason = f"a record of {len(record)} bytes, its fields have {self._least_bytes}"
            raise ProtocolError(PROTOCOL_NAME, reason)
        report = Report(received_time_ms)
        _take(self._head, self._head_struct.unpack_from(record), report)
        end = len(record) - self._tail_struct.size
        _take(self._tail, self._tail_struct.unpack_from(record, end), report)
        between = record[self._head_struct.size : end]
        if between:
            report.attributes["flex:rest"] = between.hex()
        _settle(report)
        return report


def _struct(fields: Sequence[tuple[int, FlexField]]) -> struct.Struct:
    return struct.Struct("<" + "".join(each.layout for _, each in fields))


def _take(
    fields: Sequence[tuple[int, FlexField]], row: Sequence[int | float | bytes], report: Report
) -> None:
    for (number, each), value in zip(fields, row, strict=True):
        if isinstance(value, bytes):
            if each.take_bytes is not None:
                each.take_bytes(report, value)
            else:
                report.attributes[f"flex:{number}"] = value.hex()
        elif each.take is not None:
            each.take(report, value)


def _settle(report: Report) -> None:
    """The place, once both coordinates and their validity are known.

    A place that is valid has its own time, beside that of the event; an old one is repeated.
    """
    fields = report.fields
    latitude = fields.pop("latitude_deg", None)
    longitude = fields.pop("longitude_deg", None)
    place_time_ms = fields.pop(FIX_TIME, 0)
    valid, fields["valid"] = bool(fields["valid"]), False
    if latitude is not None and longitude is not None:
        report.place(latitude, longitude, valid=valid)
    if place_time_ms and place_time_ms != fields["fix_time_ms"]:
        if fields["valid"]:
            report.attributes["flex:3"] = str(fields["fix_time_ms"] // 1000)
            fields["fix_time_ms"] = place_time_ms
        else:
            report.attributes["flex:9"] = str(place_time_ms // 1000)
