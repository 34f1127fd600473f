"""iStartek's reports: event, time, place, motion, cell, status, voltages, and the form's additions.

Source: iStartek, "GPS tracker Communication Protocol" 1.0, 1.3 and 2.2; captured frames (the
order of the vehicle's values among them).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from milepost.domain.message import Message
from milepost.errors import ProtocolError
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

PROTOCOL_NAME = "startek"
_FIELDS = TextFields(PROTOCOL_NAME)
_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_LEAST_FIELDS = 19

_ALARMS: Mapping[str, str] = {
    "1": "sos",
    "5": "door",
    "6": "door",
    "39": "harsh_acceleration",
    "40": "harsh_braking",
    "41": "harsh_cornering",
}
"""Code -> alarm; the other codes are events without an alarm."""

_IGNITION_INPUT, _INPUTS, _OUTPUTS = 1, 4, 2
_STATUS: tuple[tuple[str, int, bool], ...] = (
    ("externalPower", 3, False),
    ("gnssAntenna", 4, False),
    ("motion", 5, True),
    ("armed", 6, False),
    ("driverAuthorized", 7, False),
    ("removed", 8, False),
)
"""Attribute, bit of the system's status, whether 0 means yes."""

_WITH_DRIVER = 2
"""Bit of the number of the report's form: a card follows, not the engine hours."""


def read_report(
    unique_id: str, command: str, said: str, received_time_ms: int, damaged: bool
) -> Message:
    """Event, time, place, motion, odometer, cell, status, voltages; then what the form adds.

    Raises:
        ProtocolError: fields are missing or wrong.
    """
    del command
    fields = said.split(",")
    if len(fields) < _LEAST_FIELDS:
        reason = f"a report of {len(fields)} fields, due are {_LEAST_FIELDS}"
        raise ProtocolError(PROTOCOL_NAME, reason)
    digits = fields[2]
    time_ms = received_time_ms
    if digits:
        time_ms = date_ms(PROTOCOL_NAME, digits[:6]) + time_of_day_ms(PROTOCOL_NAME, digits[6:])
    report = Report(time_ms)
    _event(report, fields[0], fields[1])
    _fix(report, fields)
    report.attributes["gsmSignal"] = fields[13]
    report.attributes.update(_status(fields[14]))
    ignition, switches = _switches(fields[15], fields[16])
    report.fields["ignition"] = ignition
    report.attributes.update(switches)
    _voltages(report, fields[17])
    _additions(report, fields[18], fields[19:])
    return Message("positions", unique_id, (report.position(damaged=damaged),), damaged=damaged)


def _event(report: Report, code: str, value: str) -> None:
    if code.strip("0"):
        report.event(code)
        report.alarm(_ALARMS.get(code))
    if value:
        report.attributes["eventData"] = value


def _fix(report: Report, fields: Sequence[str]) -> None:
    number = _FIELDS.number
    if fields[4] and fields[5]:
        latitude, longitude = number("latitude", fields[4]), number("longitude", fields[5])
        report.place(latitude, longitude, valid=fields[3] == "A")
    if fields[6]:
        report.fields["satellites"] = _whole("satellites", fields[6])
    if fields[7]:
        report.fields["hdop"] = number("hdop", fields[7])
    report.motion(
        number("speed", fields[8]) if fields[8] else None,
        number("course", fields[9]) if fields[9] else None,
        number("altitude", fields[10]) if fields[10] else None,
    )
    if fields[11]:
        report.fields["odometer_m"] = number("odometer", fields[11])
    cell = _cell_of(fields[12])
    if cell is not None:
        report.attributes["cells"] = cell


def _whole(name: str, text: str, base: int = 10) -> int:
    """A number of 0 to 2³² - 1."""
    value = _FIELDS.whole(name, text, base)
    if not 0 <= value <= 0xFFFFFFFF:
        raise ProtocolError(PROTOCOL_NAME, f"{name}: 32 bits are due, {text[:20]!r} came")
    return value


@lru_cache(maxsize=4096)
def _cell_of(text: str) -> str | None:
    """Country, network, area and cell; the latter two in hex."""
    parts = text.split("|")
    if len(parts) != 4 or not any(part.strip("0") for part in parts):
        return None
    country, network = (_whole("operator", part) for part in parts[:2])
    area, cell = (_whole("cell", part, 16) for part in parts[2:])
    return cell_text(country, network, area, cell)


@lru_cache(maxsize=1024)
def _status(text: str) -> dict[str, str]:
    bits = _whole("status", text or "0", 16)
    flags = {
        name: "true" if bool(bits >> bit & 1) != inverted else "false"
        for name, bit, inverted in _STATUS
    }
    return {"status": text, **flags}


@lru_cache(maxsize=256)
def _switches(inputs: str, outputs: str) -> tuple[bool, dict[str, str]]:
    into, out = _whole("inputs", inputs or "0", 16), _whole("outputs", outputs or "0", 16)
    return bool(into >> _IGNITION_INPUT & 1), {
        "inputs": str(into),
        "outputs": str(out),
        **{f"din{number + 1}": str(into >> number & 1) for number in range(_INPUTS)},
        **{f"dout{number + 1}": str(out >> number & 1) for number in range(_OUTPUTS)},
    }


def _voltages(report: Report, text: str) -> None:
    """Supply, the tracker's battery, then the inputs, in 10 mV."""
    values = [_whole("voltage", part, 16) / 100 for part in text.split("|") if part]
    if values:
        report.fields["battery_v"] = values[0]
    if len(values) > 1:
        report.attributes["trackerBatteryV"] = repr(values[1])
    for number, value in enumerate(values[2:], 1):
        report.attributes[f"ain{number}V"] = repr(value)


def _additions(report: Report, form: str, fields: Sequence[str]) -> None:
    """Fuel, temperatures, the vehicle's values, then engine hours or a card."""
    readers = (_fuel, _temperatures, _vehicle, _last_reader(form))
    for read, field in zip(readers, fields, strict=False):
        if field:
            read(report, field)
    if any(fields[4:]):
        report.attributes["extra"] = ",".join(fields[4:])


def _last_reader(form: str) -> Callable[[Report, str], None]:
    is_card = bool(_whole("form", form or "0") & _WITH_DRIVER)
    return _card if is_card else _engine_hours


def _sensors(name: str, text: str) -> list[tuple[int, int]]:
    """Number of the sensor in two hex digits, its value in four."""
    return [
        (_whole(name, part[:2], 16), _whole(name, part[2:], 16))
        for part in text.split("|")
        if len(part) > 2
    ]


def _fuel(report: Report, text: str) -> None:
    for number, value in _sensors("fuel", text):
        report.attributes[f"fuelSensor{number}"] = str(value)


def _temperatures(report: Report, text: str) -> None:
    """In 0.1 °C, signed."""
    for number, value in _sensors("temperature", text):
        signed = value - (1 << 16) if value >> 15 == 1 else value
        report.attributes[f"temp{number}C"] = repr(signed / 10)


def _vehicle(report: Report, text: str) -> None:
    parts = text.split("|")
    for put, part in zip(_VEHICLE, parts, strict=False):
        if part:
            put(report, _FIELDS.number("vehicle", part))
    if any(parts[len(_VEHICLE) :]):
        report.attributes["obd:more"] = "|".join(parts[len(_VEHICLE) :])


def _field(name: str) -> Callable[[Report, float], None]:
    def put(report: Report, value: float) -> None:
        report.fields[name] = value

    return put


def _signal(path: str, scale: float = 1) -> Callable[[Report, float], None]:
    def put(report: Report, value: float) -> None:
        report.signals[path] = value * scale

    return put


_VEHICLE: tuple[Callable[[Report, float], None], ...] = (
    _field("engine_rpm"),
    _field("engine_load_pct"),
    _signal(f"{_ENGINE}.MAF"),
    _signal(f"{_ENGINE}.MAP"),
    _field("coolant_temp_c"),
    _field("throttle_pct"),
    _signal("Vehicle.OBD.ControlModuleVoltage", 0.1),
    _signal("Vehicle.OBD.FuelRate", 0.1),
)


def _engine_hours(report: Report, text: str) -> None:
    """In seconds."""
    report.fields["engine_hours_h"] = _FIELDS.number("engine hours", text) / 3600


def _card(report: Report, text: str) -> None:
    report.attributes["driverUniqueId"] = text.strip()
