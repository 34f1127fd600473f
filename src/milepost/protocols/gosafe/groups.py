"""What GoSafe's groups say, in text: `SYS:…`, `GPS:…`, `GSM:…`, `COT:…`, `ADC:…`, `DTT:…`.

Source: "GoSafe Communication Protocol", groups; captured frames.
"""

from collections.abc import Callable, Mapping

from milepost.errors import ProtocolError
from milepost.protocols.wire.bus_readings import read_answer
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "gosafe"
FIELDS = TextFields(PROTOCOL_NAME)
ANSWER = b"1234"
_NO_DATE = "000000"
_SIGNS: Mapping[str, int] = {"N": 1, "E": 1, "S": -1, "W": -1}
_TRACKER_HIGHEST_V = 5
"""A single voltage up to this is that of a tracker's own battery: it has no supply."""

_IGNITION = 0x01
_KEY, _THERMOMETER = "0", "1"
_ANSWERED = 0x40
_SYSTEM_NAMES = ("model", "firmware", "hardware")

Read = Callable[[list[str], Report], None]


def when(time: str, day: str, offset_ms: int, received_time_ms: int) -> int:
    """`HHMMSS` and `DDMMYY` as Unix ms; that of reception while the device has no date.

    Raises:
        ProtocolError: no such date or time.
    """
    if day == _NO_DATE:
        return received_time_ms
    time_ms = time_of_day_ms(PROTOCOL_NAME, time)
    return date_ms(PROTOCOL_NAME, day, "DMY") + time_ms - offset_ms


def read_group(group: str, report: Report) -> None:
    """`NAME:value;value`; an unknown one is kept as `group:NAME`."""
    name, _, text = group.partition(":")
    read = _GROUPS.get(name)
    if read is not None:
        read(text.split(";"), report)
    elif text:
        report.note(f"group:{name}", text)


def put_system(values: list[str], report: Report) -> None:
    """Model, firmware, hardware."""
    for name, value in zip(_SYSTEM_NAMES, values, strict=False):
        if value:
            report.note(name, value)


def _position(values: list[str], report: Report) -> None:
    """Validity, satellites, place, speed, course, altitude, HDOP, VDOP; the last three at will."""
    if len(values) < 6:
        if values[0] == "V":
            return
        raise ProtocolError(PROTOCOL_NAME, f"GPS has 6 values or more, {len(values)} came")
    if values[2] or values[3]:
        report.place(degrees(values[2]), degrees(values[3]), valid=values[0] == "A")
    _motion(values[4], values[5], values[6] if len(values) > 6 else "", report)
    if values[1]:
        report.fields["satellites"] = FIELDS.whole("satellites", values[1])
    if len(values) > 7 and values[7]:
        report.fields["hdop"] = FIELDS.number("hdop", values[7])
    if len(values) > 8 and values[8]:
        report.note("vdop", FIELDS.number("vdop", values[8]))


def degrees(text: str) -> float:
    """`S25.750200`.

    Raises:
        ProtocolError: no hemisphere, or no number after it.
    """
    sign = _SIGNS.get(text[:1])
    if sign is None:
        raise ProtocolError(PROTOCOL_NAME, f"a coordinate is due, {text!r} came")
    return sign * FIELDS.number("coordinate", text[1:])


def _motion(speed: str, course: str, altitude: str, report: Report) -> None:
    report.motion(
        FIELDS.number("speed", speed) if speed else None,
        FIELDS.number("course", course) if course else None,
        FIELDS.number("altitude", altitude) if altitude else None,
    )


def read_old_position(values: list[str], offset_ms: int, received_time_ms: int) -> Report:
    """GS02: time, validity, place, speed, course, date.

    Raises:
        ProtocolError: a value that is not what it has to be.
    """
    if len(values) < 7:
        raise ProtocolError(PROTOCOL_NAME, f"GPS has 7 values or more, {len(values)} came")
    report = Report(when(values[0], values[-1], offset_ms, received_time_ms))
    report.place(degrees(values[2]), degrees(values[3]), valid=values[1] == "A")
    _motion(values[4], values[5], "", report)
    return report


def put_odometer(odometer_m: int, hours_s: int | None, report: Report) -> None:
    """Metres, and the engine's seconds."""
    report.fields["odometer_m"] = float(odometer_m)
    if hours_s is not None:
        report.fields["engine_hours_h"] = hours_s / 3600


def _odometer(values: list[str], report: Report) -> None:
    """Metres, then `h-m-s` of the engine."""
    if values[0]:
        put_odometer(FIELDS.whole("odometer", values[0]), None, report)
    parts = values[1].split("-") if len(values) > 1 and values[1] else []
    if len(parts) == 3:
        hours, minutes, seconds = (FIELDS.whole("engine hours", part) for part in parts)
        report.fields["engine_hours_h"] = hours + minutes / 60 + seconds / 3600
    elif parts:
        report.note("cot:1", values[1])


def _cell(values: list[str], report: Report) -> None:
    """Two states of the modem, MCC, MNC, area and cell in hex, strength in dBm."""
    for number, value in enumerate(values[:2]):
        if value:
            report.note(f"gsm:{number}", value)
    if len(values) < 6 or not all(values[2:6]):
        return
    country, network = (FIELDS.whole("network", value) for value in values[2:4])
    area, cell = (FIELDS.whole("cell", value, 16) for value in values[4:6])
    signal_dbm = FIELDS.whole("signal", values[6]) if len(values) > 6 and values[6] else None
    report.note("cells", cell_text(country, network, area, cell, signal_dbm))
    if signal_dbm is not None:
        report.note("signalDbm", signal_dbm)


def _voltages(values: list[str], report: Report) -> None:
    """Supply, the tracker's battery, analogue inputs."""
    volts = [FIELDS.number("ADC", value) if value else None for value in values]
    if len(volts) == 1 and volts[0] is not None and volts[0] <= _TRACKER_HIGHEST_V:
        volts = [None, *volts]
    if volts[0] is not None:
        report.fields["battery_v"] = volts[0]
    if len(volts) > 1 and volts[1] is not None:
        report.note("trackerBatteryV", volts[1])
    for number, value in enumerate(volts[2:], 1):
        if value is not None:
            report.note(f"ain{number}V", value)


def read_numbered_voltages(values: list[str], report: Report) -> None:
    """GS02: 0 and the supply, 1 and an analogue input, 2 and the tracker's battery.

    Raises:
        ProtocolError: a value that is no number.
    """
    for number, value in zip(values[::2], values[1::2], strict=False):
        volts = FIELDS.number("ADC", value)
        if number == "0":
            report.fields["battery_v"] = volts
        else:
            report.note("trackerBatteryV" if number == "2" else f"adc:{number}", volts)


def put_state(status: int, io: int | None, others: list[int], report: Report) -> None:
    """Status bits, inputs (the lowest is the ignition), two words of fences, events, reason."""
    report.note("status", f"{status:x}")
    if io is not None:
        report.fields["ignition"] = bool(io & _IGNITION)
        report.note("statusExtended", f"{io:x}")
    for number, value in enumerate(others[:3], 2):
        if value:
            report.note(f"dtt:{number}", f"{value:x}")
    if len(others) > 3:
        report.note("uploadReason", others[3])


def _state(values: list[str], report: Report) -> None:
    numbers = [FIELDS.whole("DTT", value, 16) if value else None for value in values]
    io = numbers[1] if len(numbers) > 1 else None
    put_state(numbers[0] or 0, io, [number or 0 for number in numbers[2:]], report)


def _wires(values: list[str], report: Report) -> None:
    """Number, kind, identity; a thermometer has its temperature behind."""
    at = 0
    while at + 2 < len(values):
        number, kind, identity = values[at : at + 3]
        at += 3
        if kind == _THERMOMETER and at < len(values):
            label = FIELDS.whole("IWD", number)
            report.note(f"temp{label}C", FIELDS.number("temperature", values[at]))
            report.note(f"sensor:{label}", identity)
            at += 1
        elif kind == _KEY and identity.strip("0"):
            report.note("driverUniqueId", identity)


def _diagnostics(values: list[str], report: Report) -> None:
    """Answers in hex, each with its length before it."""
    data = FIELDS.packed("OBD", values[0])
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if answer := data[at + 1 : end]:
            read_answer(answer[0] & ~_ANSWERED, answer[1:], report)
        at = end


def _mileage(values: list[str], report: Report) -> None:
    put_odometer(FIELDS.whole("MGR", values[0]), None, report)


def _fuel(values: list[str], report: Report) -> None:
    if values[0]:
        report.note("fuelSensor1", FIELDS.number("FUL", values[0]))


def _status(values: list[str], report: Report) -> None:
    report.note("status", values[0])


_GROUPS: Mapping[str, Read] = {
    "SYS": put_system,
    "GPS": _position,
    "GSM": _cell,
    "COT": _odometer,
    "ADC": _voltages,
    "DTT": _state,
    "IWD": _wires,
    "OBD": _diagnostics,
    "FUL": _fuel,
    "MGR": _mileage,
    "STT": _status,
}
