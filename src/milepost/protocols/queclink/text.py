"""Queclink's text reports: `+RESP:GTFRI,version,identity,name,…,send time,count$` and its like.

Source: Queclink @Track Air Interface Protocol, "Report".
"""

from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.protocols.queclink.accessories import read_accessory, read_extended
from milepost.protocols.queclink.bus import read_can, read_obd
from milepost.protocols.queclink.families import ASSETS, VIN_FIRST, family_of
from milepost.protocols.queclink.fixes import (
    empty_group,
    fix_times,
    group_start,
    read_fix,
    read_network,
)
from milepost.protocols.queclink.frame import FIRST, Frame, read_answer
from milepost.protocols.queclink.information import WHOLE_READERS
from milepost.protocols.queclink.reports import PREFIX_FIELDS, REPORTS, ReportType
from milepost.protocols.queclink.tails import TAILS, skip_append_mask
from milepost.protocols.queclink.values import (
    FIELDS,
    hexadecimal,
    is_state_word,
    is_time,
    read_layout,
    whole,
)
from milepost.protocols.wire.report import Report


def read_text(text: bytes, received_time_ms: int, offset_s: int) -> Message:
    """The message of a frame without its `$`; `offset_s` the device's clock is ahead of UTC.

    Raises:
        ProtocolError: not of the protocol's form.
    """
    frame = Frame(text.decode("latin-1").split(","), received_time_ms, offset_s)
    if frame.kind in ("+ACK", "+NACK"):
        return read_answer(frame)
    read = WHOLE_READERS.get(frame.name, _with_fixes)
    reports = read(frame)
    if frame.archive:
        for report in reports:
            report.attributes["archive"] = "true"
    positions = tuple(report.position() for report in reports)
    return Message("positions", frame.unique_id, positions, token=frame.token)


def _with_fixes(frame: Frame) -> list[Report]:
    fields, kind = frame.fields, REPORTS.get(frame.name, ReportType())
    times = fix_times(fields, FIRST - 1, frame.end)
    if not times:
        expected = FIRST + PREFIX_FIELDS.get(frame.name, 3) + 6
        empty = empty_group(fields, FIRST, frame.end, expected) if not kind.plain else None
        if empty is None:
            return [_without_group(frame, kind)]
        times = [empty]
    starts = [group_start(fields, at) for at in times] + [frame.end]
    reports = []
    for number, at in enumerate(times):
        report = Report(frame.sent_ms)
        read_fix(report, fields, at)
        after = fields[at + 1 : starts[number + 1]]
        values = after[read_network(report, after) :]
        if number < len(times) - 1:
            _between(report, values, frame.device_type)
        else:
            _last_of(report, frame, kind, fields[min(FIRST, starts[0]) : starts[0]], values)
        reports.append(report)
    return reports


def _without_group(frame: Frame, kind: ReportType) -> Report:
    report = Report(frame.sent_ms)
    values = frame.fields[FIRST : frame.end]
    if kind.reader in ("can", "obd"):
        _before(report, frame, kind, values)
    else:
        _extra(report, read_layout(report, kind.plain, values))
    _meaning(report, frame, kind, None)
    if frame.name not in ("FRI", "ERI"):
        report.event(frame.name)
    return report


def _between(report: Report, values: Sequence[str], device_type: str) -> None:
    """After a fix that is not the last: mileage, or append mask and mileage."""
    mileage = values[-1] if values else ""
    if len(values) > 1:
        skip_append_mask(report, values, device_type)
    if mileage:
        FIELDS["mileage"](report, mileage)


def _last_of(
    report: Report, frame: Frame, kind: ReportType, before: Sequence[str], after: Sequence[str]
) -> None:
    if kind.reader in ("fixed", "extended"):
        _regular(report, frame, before, after)
        return
    report.event(frame.name)
    event_type = _before(report, frame, kind, before)
    _after(report, frame, kind, after)
    _meaning(report, frame, kind, event_type)


def _regular(report: Report, frame: Frame, before: Sequence[str], after: Sequence[str]) -> None:
    """GTFRI and GTERI: mask, supply, report id and type, number; then what the family has."""
    if frame.device_type in VIN_FIRST and len(frame.fields[3]) == 17:
        report.note("vin", frame.fields[3])
    for value in before[-3:]:
        if 4 <= len(value) <= 5 and value.isdecimal():
            FIELDS["supply_mv"](report, value)
    kind = before[-2] if len(before) > 1 else ""
    if kind and kind.isalnum():
        report.note("uploadReason", kind)
    family = family_of(frame.device_type)
    if family in ASSETS and any(map(is_state_word, after)):
        family = "vehicle"
    rest = TAILS[family](report, after, frame.device_type)
    if frame.name == "ERI" and family not in ASSETS:
        mask = next((hexadecimal(value) for value in before if len(value) == 8), None) or 0
        rest = read_extended(report, mask, rest, frame.device_type)
    elif frame.device_type in VIN_FIRST:
        rest = read_layout(report, ("rpm", "fuel_rate", "fuel_pct"), rest)
    _extra(report, rest)


def _before(report: Report, frame: Frame, kind: ReportType, before: Sequence[str]) -> int | None:
    """What stands before the fix; gives the report's own type, where it has one."""
    if kind.reader == "numbered":
        return _numbered(report, frame, before)
    if kind.reader == "accessory":
        _extra(report, read_accessory(report, before))
        return None
    if kind.reader in ("can", "obd"):
        _bus(report, kind, before)
        return None
    layout = kind.before
    names = ("-",) * (len(before) - len(layout)) + layout
    if not layout:
        _extra(report, before)
    read_layout(report, names, before)
    return whole(report.attributes.get("event", ""))


def _bus(report: Report, kind: ReportType, before: Sequence[str]) -> None:
    """Report type, the state of the bus, mask, values; the OBD family says VIN and name first."""
    read = read_can if kind.reader == "can" else read_obd
    mask_at = next(
        (
            at
            for at in range(min(6, len(before)))
            if len(before[at]) in (5, 6, 8) and hexadecimal(before[at]) is not None
        ),
        None,
    )
    if mask_at is not None:
        read(report, before[mask_at:])


def _numbered(report: Report, frame: Frame, before: Sequence[str]) -> int | None:
    """Id and type of the report are one field of two digits, or two fields; then a number."""
    code = before[-2] if len(before) > 1 else ""
    if len(code) == 2 and hexadecimal(code) is not None:
        number, event_type = int(code[0], 16), int(code[1], 16)
        others = before[:-2]
    else:
        first = before[-3] if len(before) > 2 else ""
        number, event_type = whole(first) or 0, whole(code) or 0
        others = before[:-3]
    report.note("eventData", f"{number}/{event_type}")
    if frame.name == "DIS" and number:
        report.note(f"din{number}", event_type)
    for value in others:
        if frame.name in ("EPS", "AIS"):
            FIELDS["supply_mv" if frame.name == "EPS" else "ain1"](report, value)
    return event_type


def _after(report: Report, frame: Frame, kind: ReportType, after: Sequence[str]) -> None:
    family = family_of(frame.device_type)
    if family in ASSETS:
        _extra(report, TAILS[family](report, after, frame.device_type))
        return
    read = skip_append_mask(report, after, frame.device_type)
    values = [value for value in after[read:] if not is_time(value)]
    _extra(report, read_layout(report, kind.after, values))


def _meaning(report: Report, frame: Frame, kind: ReportType, event_type: int | None) -> None:
    report.alarm(kind.alarms.get(event_type) or kind.alarms.get(None))
    if kind.ignition is not None:
        report.fields["ignition"] = kind.ignition
    for name, value in kind.attributes:
        report.note(name, value)
    data = report.attributes.get("data")
    if frame.name == "DTT" and data is not None:
        _serial_data(report, data)


def _serial_data(report: Report, data: str) -> None:
    """GTDTT's data are hex; a fuel sensor's line is `COMB,status,level,temperature,…`."""
    try:
        line = bytes.fromhex(data).decode("latin-1")
    except ValueError:
        return
    report.note("data", line if line.isascii() else data)
    sensor = line.partition("COMB,")[2].split(",")
    if len(sensor) > 2:
        read_layout(report, ("-", "fuel_sensor", "temp1"), sensor[:2])


def _extra(report: Report, values: Sequence[str]) -> None:
    if any(values):
        report.note("extra", ",".join(value for value in values if value))
