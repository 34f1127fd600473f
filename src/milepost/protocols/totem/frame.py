"""A Totem frame in its parts, and what all its forms share."""

from collections.abc import Mapping

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.wire.checksums import xor8
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "totem"
FIELDS = TextFields(PROTOCOL_NAME)
_INTERVAL = "AA"
_AREA_DIGITS, _CELL_DIGITS, _NETWORK_DIGITS = 4, 8, 13


class Frame(msgspec.Struct, frozen=True):
    """`kind` is the type of a joined frame; of the others it stands in the content."""

    kind: str
    unique_id: str
    content: str
    received_time_ms: int
    offset_ms: int = 0
    damaged: bool = False

    def time_ms(self, day: str, time: str, order: str) -> int | None:
        """Unix ms, or None where the device has no time yet."""
        try:
            day_ms = date_ms(PROTOCOL_NAME, day, order)
            return day_ms + time_of_day_ms(PROTOCOL_NAME, time) - self.offset_ms
        except ProtocolError:
            return None


def framed(kind: str, content: str) -> bytes:
    """A frame to the device, with its length of four digits and its checksum."""
    body = f"$${len(content) + 10:04d}{kind}{content}".encode("ascii")
    return body + f"{xor8(body):02X}".encode()


def acknowledgement(serial: str) -> bytes:
    """The type is AA whatever was reported (AT05; others ignore it)."""
    return framed(_INTERVAL, serial)


def put_event(kind: str, alarms: Mapping[str, str], report: Report) -> None:
    """The reason of a report, unless it is its interval."""
    if kind != _INTERVAL:
        report.event(kind)
        report.alarm(alarms.get(kind))


def put_cell(digits: str, report: Report) -> None:
    """Area and cell in hex; new devices put MNC and MCC in decimal behind eight digits.

    Raises:
        ProtocolError: no hex digits.
    """
    if not digits.strip("0"):
        return
    area, rest = digits[:_AREA_DIGITS], digits[_AREA_DIGITS:]
    if len(digits) == _NETWORK_DIGITS and digits[_CELL_DIGITS:].isdecimal():
        network, country = int(digits[8:10]), int(digits[10:])
        cell = FIELDS.whole("cell", digits[4:8], 16)
        text = cell_text(country, network, FIELDS.whole("area", area, 16), cell)
        report.note("cells", text)
        return
    report.attributes["areaCode"] = str(FIELDS.whole("area", area, 16))
    if rest:
        report.attributes["cellId"] = str(FIELDS.whole("cell", rest, 16))
