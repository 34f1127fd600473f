"""GoSafe's text frames: `*GS06,IMEI,time,event,groups$time,event,groups#`.

Source: captured frames of GS02 to GS56.
"""

import re
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.errors import ProtocolError
from milepost.protocols.gosafe.groups import (
    ANSWER,
    FIELDS,
    PROTOCOL_NAME,
    read_group,
    read_numbered_voltages,
    read_old_position,
    when,
)
from milepost.protocols.wire.report import Report

_VERSION = re.compile(r"GS\d{1,3}")
_IMEI = re.compile(r"[0-9]{14,16}")
_TIME_DIGITS = 12
_OLD_POSITION, _OLD_VOLTAGES = "GPS:", "ADC:"


def read_text(frame: bytes, offset_ms: int, received_time_ms: int) -> Message:
    """The message of a frame between `*` and `#`.

    Raises:
        ProtocolError: not of the protocol's form, or a field that is not what it has to be.
    """
    text = frame[1:-1].decode("latin-1")
    if not text.isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"a frame that is not printable: {frame[:40]!r}")
    first, *others = text.split("$")
    version, _, rest = first.partition(",")
    unique_id, *fields = rest.split(",")
    if _VERSION.fullmatch(version) is None or _IMEI.fullmatch(unique_id) is None:
        raise ProtocolError(PROTOCOL_NAME, f"a version and an IMEI are due, {text[:32]!r} came")
    if not fields or fields == [""]:
        return Message("heartbeat", unique_id, token=ANSWER)
    if fields[0].startswith(_OLD_POSITION):
        position = _old(fields, offset_ms, received_time_ms)
        return Message("positions", unique_id, (position,), token=ANSWER)
    if not _is_time(fields[0]):
        return Message("response", unique_id, text=",".join(fields), token=ANSWER)
    records = [fields, *(record.split(",") for record in others)]
    positions = tuple(_record(record, offset_ms, received_time_ms) for record in records)
    return Message("positions", unique_id, positions, token=ANSWER)


def _is_time(field: str) -> bool:
    return len(field) == _TIME_DIGITS and field.isdecimal()


def _record(fields: Sequence[str], offset_ms: int, received_time_ms: int) -> Position:
    """Time, event in hex, groups; a record without a date has no place that is surely fresh."""
    if not _is_time(fields[0]):
        raise ProtocolError(PROTOCOL_NAME, f"a time of 12 digits is due, {fields[0]!r} came")
    time, day = fields[0][:6], fields[0][6:]
    report = Report(when(time, day, offset_ms, received_time_ms))
    if len(fields) > 1 and fields[1]:
        event = FIELDS.whole("event", fields[1], 16)
        report.note("event", event)
        report.event(event)
    for group in fields[2:]:
        if group:
            read_group(group, report)
    if not day.strip("0"):
        report.fields["valid"] = False
    return report.position()


def _old(fields: Sequence[str], offset_ms: int, received_time_ms: int) -> Position:
    values = fields[0].removeprefix(_OLD_POSITION).split(";")
    report = read_old_position(values, offset_ms, received_time_ms)
    for group in fields[1:]:
        if group.startswith(_OLD_VOLTAGES):
            read_numbered_voltages(group.removeprefix(_OLD_VOLTAGES).split(";"), report)
        elif group:
            read_group(group, report)
    return report.position()
