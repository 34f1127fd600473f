"""Reports of trackers without a vehicle: ST4xx with its cells, ST9xx, beacons (BLE, BSA).

Source: captured reports.
"""

import re
from collections.abc import Sequence

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.suntech.fields import (
    PROTOCOL_NAME,
    Fields,
    number,
    read_place,
    time_ms,
    whole,
)
from milepost.protocols.wire.radio import cell_text, joined
from milepost.protocols.wire.report import Report

_CELL_FIELDS, _CELLS = 6, 7
_DATE = re.compile(r"\d{8}")
_BEACON_FIELDS = 7
_BEACON_KINDS = ("least", "most", "samples", "major", "minor")


def read_cells_report(values: list[str], received_time_ms: int) -> Message:
    """ST4xx: seven cells, battery, kind, running number, mode; time, place, temperature if known.

    Raises:
        ProtocolError: no seven cells before the battery.
    """
    battery_at = next((at for at, value in enumerate(values) if at > 3 and "." in value), 0)
    cells_at = battery_at - _CELL_FIELDS * _CELLS
    if cells_at < 3:
        raise ProtocolError(PROTOCOL_NAME, "no seven cells before the battery's voltage")
    fields = Fields(values)
    fields.at = battery_at
    voltage, live = number("battery", fields.take()), fields.take() if fields.left else "1"
    report = _placed(fields, received_time_ms)
    report.note("trackerBatteryV", voltage)
    if live == "0":
        report.note("archive", value=True)
    _read_cells(report, values[cells_at:battery_at])
    report.attributes["firmware"] = values[2]
    return Message("positions", values[1], (report.position(),), token=values[0].encode())


def _placed(fields: Fields, received_time_ms: int) -> Report:
    """Number and what else precedes the date; date, time, place, motion, satellites, fix."""
    before: list[str] = []
    while (fields.left and not _DATE.fullmatch(fields.values[fields.at])) or not _is_time(fields):
        if not fields.left:
            break
        before.append(fields.take())
    report = Report(time_ms(fields.take(), fields.take()) if fields.left >= 2 else received_time_ms)
    if before and before[0].isdecimal():
        report.note("index", whole("number", before[0]))
    if len(before) > 1:
        report.attributes["mode"] = before[1]
    if fields.left >= 6:
        _read_fix(report, fields)
    extra = [value for value in (*before[2:], *fields.rest()) if value]
    if extra:
        report.attributes["extra"] = ",".join(extra)
    return report


def _is_time(fields: Fields) -> bool:
    return fields.left >= 2 and ":" in fields.values[fields.at + 1]


def _read_fix(report: Report, fields: Fields) -> None:
    latitude, longitude, speed, course = (fields.take() for _ in range(4))
    satellites, fix = fields.take(), fields.take()
    read_place(report, latitude, longitude, fix)
    report.motion(number("speed", speed), number("course", course))
    report.fields["satellites"] = whole("satellites", satellites)


def _read_cells(report: Report, values: Sequence[str]) -> None:
    """Cell, MCC, MNC, then strength and area of the serving one, area and strength of others."""
    found = []
    for at in range(0, len(values), _CELL_FIELDS):
        cell, mcc, mnc, first, second, _ = values[at : at + _CELL_FIELDS]
        strength, area = (first, second) if at == 0 else ("", first)
        if not cell.strip("0"):
            continue
        signal = whole("strength", strength) if strength.startswith("-") else None
        country, network = whole("country", mcc), whole("network", mnc)
        found.append(cell_text(country, network, _identity(area), _identity(cell), signal))
    if found:
        report.attributes["cells"] = joined(found)


def _identity(digits: str) -> int:
    """Decimal; some software writes hex, which letters give away."""
    return whole("cell", digits, 10 if digits.isdecimal() else 16)


_ST9_KINDS = {"Location": None, "Emergency": "sos", "Alert": "general"}


def read_st9_report(values: list[str]) -> Message:
    """`ST910;Location;identity;software;date;time;place;motion;fix;…`.

    Raises:
        ProtocolError: fields are missing or are not what they have to be.
    """
    if values[1] not in _ST9_KINDS:
        return _other_st9_report(values)
    fields = Fields(values)
    fields.at = 2
    unique_id, software = fields.take(), fields.take()
    report = Report(time_ms(fields.take(), fields.take()))
    report.attributes["firmware"] = software
    latitude, longitude, speed, course = (fields.take() for _ in range(4))
    read_place(report, latitude, longitude, fields.take())
    report.motion(number("speed", speed), number("course", course))
    _read_st9_end(report, values[1], fields.rest())
    return Message("positions", unique_id, (report.position(),), token=values[0].encode())


def _other_st9_report(values: list[str]) -> Message:
    if len(values) < 3:
        raise ProtocolError(PROTOCOL_NAME, f"a report of {len(values)} fields")
    token = values[0].encode()
    if values[1] == "Alive":
        return Message("heartbeat", values[2], token=token)
    text = ";".join((values[1], *values[3:]))
    return Message("response", values[2], text=text, token=token)


def _read_st9_end(report: Report, kind: str, rest: list[str]) -> None:
    """Battery, two numbers, running number; or what kind of emergency."""
    alarm = _ST9_KINDS[kind]
    if alarm is not None:
        report.alarm(alarm)
        report.event(rest[0] if rest else kind)
        return
    if rest:
        report.note("trackerBatteryV", number("battery", rest[0]))
    if len(rest) > 3 and rest[3].isdecimal():
        report.note("index", whole("number", rest[3]))


def read_beacons(values: list[str]) -> Message:
    """BLE: model, software, date, time, place, a count, then seven fields of each beacon.

    Raises:
        ProtocolError: fields are missing or are not what they have to be.
    """
    fields = Fields(values)
    fields.at = 2
    model, software = fields.take(), fields.take()
    report = Report(time_ms(fields.take(), fields.take()))
    report.attributes.update(model=model, firmware=software)
    read_place(report, fields.take(), fields.take(), "1")
    count = whole("beacons", fields.take())
    for tag in range(1, min(count, fields.left // _BEACON_FIELDS) + 1):
        strength, least, most, address, *others = (fields.take() for _ in range(_BEACON_FIELDS))
        report.note(f"tag{tag}Signal", whole("strength", strength))
        report.attributes[f"tag{tag}Id"] = address
        for kind, value in zip(_BEACON_KINDS, (least, most, *others), strict=True):
            report.attributes[f"tag{tag}:{kind}"] = value
    return Message("positions", values[1], (report.position(),), token=values[0].encode())


def read_sensor_beacons(values: list[str]) -> Message:
    """BSA: mask, model, software, kind, date, time, place, a count, then what beacons sent.

    Raises:
        ProtocolError: fields are missing or are not what they have to be.
    """
    fields = Fields(values)
    fields.at = 3
    model, software, live = fields.take(), fields.take(), fields.take()
    report = Report(time_ms(fields.take(), fields.take()))
    report.attributes.update(model=model, firmware=software)
    if live == "0":
        report.note("archive", value=True)
    read_place(report, fields.take(), fields.take(), "1")
    fields.take()
    if fields.left >= 2:
        report.note("tag1Signal", whole("strength", fields.take()))
        report.attributes["tag1Mac"] = fields.take()
    data = ",".join(fields.rest())
    if data:
        report.attributes["tag1Data"] = data
    return Message("positions", values[1], (report.position(),), token=values[0].encode())
