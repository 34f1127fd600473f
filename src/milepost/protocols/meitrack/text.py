"""AAA: one report as text.

Source: "MEITRACK GPRS Protocol" 1.21, annex 1; "MEITRACK T622 GPRS Protocol" 1.2.
"""

from milepost.errors import ProtocolError
from milepost.protocols.meitrack.events import DRIVER_EVENT, FENCE_EVENTS, PHOTO_EVENT, read_event
from milepost.protocols.meitrack.frame import PROTOCOL_NAME
from milepost.protocols.meitrack.inputs import read_analogs, read_inputs
from milepost.protocols.wire.digit_times import date_ms, time_of_day_ms
from milepost.protocols.wire.radio import cell_text
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_READ = TextFields(PROTOCOL_NAME)
_LEAST_FIELDS = 11
_FIRST_FREE_FIELD = 21


def read_text(content: str, ignition: int) -> tuple[Report, str]:
    """The report of AAA's fields, and the name of the photo that it announces, or "".

    `ignition` is the number of the ignition's input, 0 if unknown.

    Raises:
        ProtocolError: fields are missing or are no numbers.
    """
    fields = content.split(",")
    if len(fields) < _LEAST_FIELDS:
        reason = f"AAA has {len(fields)} fields, at least {_LEAST_FIELDS} are due"
        raise ProtocolError(PROTOCOL_NAME, reason)
    fields += [""] * (_FIRST_FREE_FIELD - len(fields))
    digits = fields[3]
    report = Report(date_ms(PROTOCOL_NAME, digits[:6]) + time_of_day_ms(PROTOCOL_NAME, digits[6:]))
    _read_place(report, fields)
    event = _READ.whole("event", fields[0])
    read_event(report, event)
    _read_ports(report, fields, ignition)
    _read_tank_and_sensors(report, fields)
    return report, _read_event_data(report, event, fields[16])


def _read_place(report: Report, fields: list[str]) -> None:
    number = _READ.number
    if fields[1] and fields[2]:
        latitude, longitude = number("latitude", fields[1]), number("longitude", fields[2])
        report.place(latitude, longitude, valid=fields[4] == "A")
    speed, course, altitude = (
        number(name, fields[at]) if fields[at] else None
        for name, at in (("speed", 7), ("course", 8), ("altitude", 10))
    )
    report.motion(speed, course, altitude)
    if fields[5]:
        report.fields["satellites"] = _READ.whole("satellites", fields[5])
    if fields[6]:
        report.attributes["gsmSignal"] = fields[6]
    if fields[9]:
        report.fields["hdop"] = number("hdop", fields[9])
    if fields[11]:
        report.fields["odometer_m"] = number("mileage", fields[11])
    if fields[12]:
        report.attributes["runtimeS"] = fields[12]


def _read_ports(report: Report, fields: list[str], ignition: int) -> None:
    """Cell, inputs and outputs, analogue inputs."""
    cell = fields[13].split("|")
    if len(cell) == 4 and all(cell):
        country, network = (_READ.whole("network", text) for text in cell[:2])
        area, identity = (_READ.whole("cell", text, 16) for text in cell[2:])
        if country:
            report.attributes["cells"] = cell_text(country, network, area, identity)
    if fields[14]:
        ports = _READ.whole("ports", fields[14], 16)
        report.attributes["outputs"] = str(ports & 0xFF)
        read_inputs(report, ports >> 8 & 0xFF, ignition)
    if fields[15]:
        _read_voltages(report, fields[15].split("|"))


def _read_voltages(report: Report, texts: list[str]) -> None:
    """Five of four hex digits, empty where the model has no such input; some firmware has volts."""
    if any("." in text for text in texts):
        volts = [_READ.number("analogue input", text or "0") for text in texts]
        report.note("trackerBatteryV", volts[0])
        if len(volts) > 1:
            report.fields["battery_v"] = volts[1]
        for number, value in enumerate(volts[2:], 1):
            report.note(f"ain{number}V", value)
        return
    readings = tuple(_READ.whole("analogue input", text or "0", 16) for text in texts)
    if len(readings) >= 5:
        read_analogs(report, readings[:5])


def _read_event_data(report: Report, event: int, data: str) -> str:
    if not data:
        return ""
    if event == PHOTO_EVENT:
        report.attributes["image"] = data
        return data
    name = "driverUniqueId" if event == DRIVER_EVENT else "eventData"
    report.attributes[name] = data
    if event in FENCE_EVENTS:
        report.attributes["geofenceId"] = data
    return ""


def _read_tank_and_sensors(report: Report, fields: list[str]) -> None:
    """Customized data, version, tank in hundredths of a percent, sensors, what models add."""
    if fields[17]:
        report.attributes["data"] = fields[17]
    tank = _READ.whole("fuel", fields[19], 16) if fields[19] else 0
    if 0 < tank <= 10_000:
        report.fields["fuel_level_pct"] = tank / 100
    if fields[20]:
        for sensor in fields[20].split("|"):
            _read_temperature(report, sensor)
    for index in range(_FIRST_FREE_FIELD, len(fields)):
        if fields[index]:
            report.attributes[f"field:{index + 1}"] = fields[index]


def _read_temperature(report: Report, text: str) -> None:
    """Number of the sensor, and hundredths of a degree in two's complement; hex."""
    if len(text) == 6:
        value = _READ.whole("temperature", text, 16)
        number, raw = value >> 16, value & 0xFFFF
        celsius = (raw - 0x10000 if raw & 0x8000 else raw) / 100
        report.note(f"temp{max(number, 1)}C", celsius)
    elif text:
        report.attributes["field:21"] = text
