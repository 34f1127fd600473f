"""Reports of the numbered families: ST300, ST500, ST600, SA200 and their kin.

Source: Suntech "ST300/340 Operation Manual" 1.56, 6-1 to 6-6; "ST310U Operation Manual" 1.12, 5.
"""

import re
from collections.abc import Callable, Mapping

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.suntech.alarms import read_alert, read_emergency, read_event
from milepost.protocols.suntech.fields import (
    PROTOCOL_NAME,
    Fields,
    number,
    read_driver,
    read_hours,
    read_place,
    time_ms,
    whole,
)
from milepost.protocols.suntech.options import ReportOptions
from milepost.protocols.suntech.serial_data import read_serial_data
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report

_HEAD_FIELDS = 3
_NETWORK_FIELDS = 4
_SHORTEST_IO = 6
_HOURS = re.compile(r"\d{1,12}")
_VOLTAGE = re.compile(r"\d{1,2}\.\d{1,2}")
_DRIVER = re.compile("[0-9A-Fa-f]{14}")
_TEMPERATURE = re.compile(r"[0-9A-Fa-f]{16}:([+-]?\d{1,3}(?:\.\d{1,3})?)")
_DEGREES = re.compile(r"[+-]?\d{1,3}\.\d{1,8}")
_OUTPUTS = 2
_TRIP_PLACES_AT = 14


def read_report(kind: str, values: list[str], options: ReportOptions) -> Message:
    """A report of a place: STT, EMG, EVT, ALT, UEX.

    Raises:
        ProtocolError: fields are missing or are not what they have to be.
    """
    fields = Fields(values)
    fields.take()
    unique_id = fields.take()
    report = _read_head(fields)
    _read_motion(fields, report)
    _READERS[kind](fields, report, options)
    extra = [field for field in fields.rest() if field]
    if extra:
        report.attributes["extra"] = ",".join(extra)
    return Message("positions", unique_id, (report.position(),), token=values[0].encode())


def _read_head(fields: Fields) -> Report:
    """Model (not with SA200), software, date, time."""
    heads: list[str] = []
    while len(value := fields.take()) != 8 or not heads:
        heads.append(value)
        if len(heads) > _HEAD_FIELDS:
            raise ProtocolError(PROTOCOL_NAME, "no date follows the software's version")
    report = Report(time_ms(value, fields.take()))
    report.attributes["firmware"] = heads[-1]
    if len(heads) > 1:
        report.attributes["model"] = heads[-2]
    return report


def _read_motion(fields: Fields, report: Report) -> None:
    """Cell, in some families MCC, MNC, area, signal; place, motion, distance, voltage, inputs."""
    cells: list[str] = []
    while not _DEGREES.fullmatch(value := fields.take()):
        cells.append(value)
        if len(cells) > 1 + _NETWORK_FIELDS:
            raise ProtocolError(PROTOCOL_NAME, "no place follows the cell")
    _read_cell(report, cells)
    longitude, speed, course = fields.take(), fields.take(), fields.take()
    satellites = fields.take()
    read_place(report, value, longitude, fields.take())
    report.motion(number("speed", speed), number("course", course))
    report.fields["satellites"] = whole("satellites", satellites)
    report.fields["odometer_m"] = number("distance", fields.take())
    report.fields["battery_v"] = number("voltage", fields.take())
    if fields.left and len(fields.values[fields.at]) >= _SHORTEST_IO:
        _read_inputs(report, fields.take())


def _read_cell(report: Report, cells: list[str]) -> None:
    if len(cells) == 1 + _NETWORK_FIELDS:
        cell, mcc, mnc, area, signal = cells
        report.attributes["cells"] = cell_text(
            whole("country", mcc),
            whole("network", mnc),
            whole("area", area, 16),
            whole("cell", cell, 16),
        )
        report.attributes["gsmSignal"] = signal
    elif cells and cells[0].strip("0"):
        report.attributes["network"] = ",".join(cells)


def _read_inputs(report: Report, bits: str) -> None:
    """Ignition, inputs, at the end two outputs, a digit each."""
    report.fields["ignition"] = bits[0] == "1"
    for place, bit in enumerate(bits[1:-_OUTPUTS], 1):
        report.attributes[f"din{place}"] = bit
    for place, bit in enumerate(bits[-_OUTPUTS:], 1):
        report.attributes[f"dout{place}"] = bit


def _read_meters(fields: Fields, report: Report, *, due: bool) -> None:
    """Hour meter, the tracker's battery, 0 for a report from its memory.

    They come if the device is set so (`HBM`); they are told by their form, too.
    """
    if fields.left < 3:
        return
    hours, voltage, kind = fields.values[fields.at : fields.at + 3]
    fits = _HOURS.fullmatch(hours) and _VOLTAGE.fullmatch(voltage) and kind in ("0", "1")
    if not fits and not due:
        return
    read_hours(report, hours)
    report.note("trackerBatteryV", number("battery", voltage))
    if kind == "0":
        report.note("archive", value=True)
    fields.at += 3


def _status(fields: Fields, report: Report, options: ReportOptions) -> None:
    """Mode, running number, meters, sensors, driver."""
    if len(fields.values[fields.at - 1]) < _SHORTEST_IO:
        return
    if fields.left:
        report.attributes["mode"] = fields.take()
    if fields.left:
        report.attributes["index"] = str(whole("number", fields.take()))
    _read_meters(fields, report, due=options.meters)
    _read_sensors(fields, report, options)


def _coded(read: Callable[[Report, str], None]) -> Callable[[Fields, Report, ReportOptions], None]:
    """A number of an emergency, event or alert, then meters and the driver."""

    def read_coded(fields: Fields, report: Report, options: ReportOptions) -> None:
        read(report, fields.take())
        _read_meters(fields, report, due=options.meters)
        _read_sensors(fields, report, options)

    return read_coded


def _serial(fields: Fields, report: Report, options: ReportOptions) -> None:
    """Length, data, sum, meters, driver."""
    fields.take()
    read_serial_data(report, fields.take())
    if fields.left:
        fields.take()
    _read_meters(fields, report, due=False)
    _read_sensors(fields, report, options)


def _read_sensors(fields: Fields, report: Report, options: ReportOptions) -> None:
    """Analogue inputs, engine speed, driver and whether known, temperature sensors; all optional.

    What a number without a point is only the device's settings know.
    """
    analogue, unnamed = 0, []
    while fields.left and not _DRIVER.fullmatch(fields.values[fields.at]):
        value = fields.take()
        if ":" in value:
            fields.at -= 1
            break
        if _VOLTAGE.fullmatch(value) and analogue < 3:
            analogue += 1
            report.note(f"ain{analogue}V", float(value))
        elif options.rpm and value.isdecimal() and "engine_rpm" not in report.fields:
            report.fields["engine_rpm"] = float(whole("engine speed", value))
        elif value:
            unnamed.append(value)
    if fields.left and ":" not in fields.values[fields.at]:
        read_driver(report, fields.take())
        _read_authorization(fields, report)
    _read_temperatures(fields, report)
    if unnamed:
        report.attributes["extra"] = ",".join(unnamed)


def _read_authorization(fields: Fields, report: Report) -> None:
    if fields.left and fields.values[fields.at] in ("0", "1"):
        known = fields.take() == "1"
        if "driverUniqueId" in report.attributes:
            report.note("driverAuthorized", known)


def _read_temperatures(fields: Fields, report: Report) -> None:
    """`identity:+13.7` of each sensor, `:` where none is."""
    sensor = 0
    while fields.left and ":" in fields.values[fields.at]:
        sensor += 1
        match = _TEMPERATURE.fullmatch(fields.take())
        if match is not None:
            report.note(f"temp{sensor}C", float(match[1]))


_READERS: Mapping[str, Callable[[Fields, Report, ReportOptions], None]] = {
    "STT": _status,
    "EMG": _coded(read_emergency),
    "EVT": _coded(read_event),
    "ALT": _coded(read_alert),
    "UEX": _serial,
}
KINDS = frozenset(_READERS)
"""The reports of a place."""


def read_trip(values: list[str]) -> Message:
    """HTE: a trip's end: distance, voltage, meters, places of start and end, speeds, driver."""
    if len(values) < _TRIP_PLACES_AT + 4:
        raise ProtocolError(PROTOCOL_NAME, f"a trip of {len(values)} fields")
    report = Report(time_ms(values[4], values[5]))
    report.note("tripOdometerM", number("distance", values[6]))
    report.fields["battery_v"] = number("voltage", values[7])
    read_hours(report, values[8])
    report.note("trackerBatteryV", number("battery", values[9]))
    places = [at for at, value in enumerate(values) if at > 9 and _DEGREES.fullmatch(value)]
    far = [at for at in places if len(values[at].partition(".")[2]) == 6][:4]
    if len(far) == 4:
        read_place(report, values[far[2]], values[far[3]], "1")
        report.attributes["trip:start"] = f"{values[far[0]]},{values[far[1]]}"
    read_driver(report, values[-1])
    report.attributes["extra"] = ",".join(values[10:-1])
    return Message("positions", values[1], (report.position(),), token=values[0].encode())


def read_heartbeat(values: list[str]) -> Message:
    """ALV: the identity alone."""
    return Message("heartbeat", values[1], token=values[0].encode())


def read_answer(values: list[str]) -> Message:
    """`ST300CMD;Res;identity;software;…`: what became of a command."""
    if len(values) < 4:
        raise ProtocolError(PROTOCOL_NAME, f"an answer of {len(values)} fields")
    text = ";".join(values[4:] or values[3:])
    return Message("response", values[2], text=text, token=values[0].encode())
