"""Totem's frames of AT05, AT07, AT09: digits without separators; drivers and diagnostics.

Source: "AT09 Protocol & Commands" 2.43, 2.2 to 2.4; captured frames.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from milepost.errors import ProtocolError
from milepost.protocols.totem.frame import FIELDS, PROTOCOL_NAME, Frame, put_cell, put_event
from milepost.protocols.wire.elements import Put, attribute, field, signal
from milepost.protocols.wire.report import Report, text_of

ALARMS: Mapping[str, str] = {
    "01": "sos",
    "02": "overspeed",
    "04": "geofence_exit",
    "05": "geofence_enter",
    "06": "towing",
    "07": "antenna_cut",
    "10": "power_cut",
    "11": "power_restored",
    "12": "low_power",
    "13": "low_battery",
    "40": "vibration",
    "41": "idling",
    "42": "harsh_acceleration",
    "43": "harsh_braking",
}

_STATUS_BITS = 32
_STATUS_ALARMS: Mapping[int, str] = {
    1: "sos",
    3: "overspeed",
    7: "antenna_cut",
}
"""By the number of the bit, 1 the highest, as the document counts. Bits 5 and 6 say whether the
device is outside or inside its fences, which most reports do."""

_IGNITION, _SUPPLY, _FIXED = 2, 4, (18, 20)
"""AT07 says with bit 18 that it has a fix, AT05 and AT09 with bit 20."""

_OUTPUTS = {9: "dout1", 10: "dout2", 11: "dout3"}
_PLACE = re.compile(r"(\d{4}\.\d+)([NS])(\d{5}\.\d+)([EW])([0-9A-Z]{0,8})$")
_HEAD = re.compile(r"([0-9A-F]{8})(\d{6})(\d{6})(\d{2})(\d{2})")
_MOTION = re.compile(r"(\d{3})(\d{3})(\d\d\.\d)(\d{7})$")
_SIGNAL = re.compile(r"(\d{2})(\d{1,2})$")
_COORDINATES = re.compile(
    r"(\d{6})(\d{6}),(-?\d{1,3}\.\d{1,9}),(-?\d{1,3}\.\d{1,9}),?(.*)", re.DOTALL
)
_SAME_LENGTH, _VIN_LENGTH = 8, 17
_ANALOGUE_DIGITS, _ANALOGUE_INPUTS = 4, 4
_DIGITS_WITH_TEMPERATURES = 24
_UNKNOWN_BYTE = 255


def read_report(frame: Frame) -> tuple[Report | None, str]:
    """A report and its serial number; None where the frame is none.

    Status, time, battery, supply, inputs, cell, satellites, signal, course, speed, dilution,
    odometer, place, serial number: cut from both ends, as devices have different inputs.

    Raises:
        ProtocolError: a part that is not what it has to be.
    """
    head, place = _HEAD.match(frame.content), _PLACE.search(frame.content)
    if head is None or place is None:
        return None, ""
    status_text, day, time, battery, supply = head.groups()
    middle = frame.content[head.end() : place.start()]
    motion = _MOTION.search(middle)
    if motion is None:
        raise ProtocolError(PROTOCOL_NAME, f"course, speed and odometer are due in {middle!r}")
    time_ms = frame.time_ms(day, time, "YMD")
    report = Report(frame.received_time_ms if time_ms is None else time_ms)
    put_event(frame.kind, ALARMS, report)
    status = _status_of(status_text)
    for alarm in status.alarms:
        report.alarm(alarm)
    report.fields["ignition"] = status.ignition
    report.attributes.update(status.attributes)
    report.attributes["trackerBatteryV"] = repr(int(battery) / 10)
    report.fields["battery_v"] = float(supply)
    satellites = _before_motion(middle[: motion.start()], report)
    latitude, north, longitude, east, serial = place.groups()
    report.place(
        FIELDS.degrees("latitude", latitude, north),
        FIELDS.degrees("longitude", longitude, east),
        valid=satellites > 0 and status.has_fix,
    )
    _motion(motion, report)
    return report, serial


class _Status(msgspec.Struct, frozen=True):
    """What the word of status bits says."""

    alarms: tuple[str, ...]
    ignition: bool
    has_fix: bool
    attributes: dict[str, str]


@lru_cache(maxsize=256)
def _status_of(digits: str) -> _Status:
    """The status of eight hex digits; a device has few of them, so they are kept."""
    status = int(digits, 16)

    def bit(number: int) -> bool:
        return bool(status >> (_STATUS_BITS - number) & 1)

    attributes = {
        "externalPower": text_of(bit(_SUPPLY)),
        **{name: str(int(bit(number))) for number, name in _OUTPUTS.items()},
        "status": digits.lower(),
    }
    alarms = tuple(alarm for number, alarm in _STATUS_ALARMS.items() if bit(number))
    return _Status(alarms, bit(_IGNITION), any(map(bit, _FIXED)), attributes)


def _before_motion(text: str, report: Report) -> int:
    """Analogue inputs in 10 mV, two temperatures, the cell, satellites and signal: satellites."""
    long_cell = (len(text) - _SAME_LENGTH) % _ANALOGUE_DIGITS == 1
    cell_digits = 13 if long_cell else 8
    digits = 3 if (len(text) - _SAME_LENGTH) % _ANALOGUE_DIGITS == _ANALOGUE_DIGITS - 1 else 4
    found = _SIGNAL.match(text[-digits:])
    if found is None or len(text) < digits + cell_digits:
        raise ProtocolError(PROTOCOL_NAME, f"cell, satellites and signal are due in {text!r}")
    satellites = int(found[1])
    report.fields["satellites"] = satellites
    report.attributes["gsmSignal"] = str(int(found[2]))
    cell_at = len(text) - digits - cell_digits
    put_cell(text[cell_at : len(text) - digits], report)
    _analogue(text[:cell_at], report)
    return satellites


def _analogue(text: str, report: Report) -> None:
    for at in range(0, min(len(text), _ANALOGUE_INPUTS * _ANALOGUE_DIGITS), _ANALOGUE_DIGITS):
        number = at // _ANALOGUE_DIGITS + 1
        report.attributes[f"ain{number}V"] = _hundredths(text[at : at + _ANALOGUE_DIGITS])
    if len(text) == _DIGITS_WITH_TEMPERATURES:
        for number, at in ((1, 16), (2, 20)):
            tenths = FIELDS.whole("temperature", text[at : at + _ANALOGUE_DIGITS])
            if tenths:
                report.note(f"temp{number}C", tenths / 10)


@lru_cache(maxsize=1024)
def _hundredths(digits: str) -> str:
    return repr(FIELDS.whole("analogue input", digits) / 100)


def _motion(motion: re.Match[str], report: Report) -> None:
    course, speed, dilution, odometer_km = motion.groups()
    report.motion(float(speed), float(course))
    report.attributes["pdop"] = repr(float(dilution))
    if odometer_km.strip("0"):
        report.fields["odometer_m"] = int(odometer_km) * 1000.0


def read_values(frame: Frame) -> Report | None:
    """Time, longitude and latitude in degrees, then what the type says; None where it is not so.

    Raises:
        ProtocolError: a value that is no number.
    """
    match = _COORDINATES.match(frame.content)
    if match is None:
        return None
    day, time, longitude, latitude, rest = match.groups()
    time_ms = frame.time_ms(day, time, "YMD")
    report = Report(frame.received_time_ms if time_ms is None else time_ms)
    report.place(float(latitude), float(longitude), valid=True)
    report.event(frame.kind)
    values = [value for value in rest.strip("|").split(",") if value]
    _READERS.get(frame.kind, _extra)(values, report)
    return report


def _extra(values: list[str], report: Report) -> None:
    if values:
        report.note("extra", ",".join(values))


def _driver(values: list[str], report: Report) -> None:
    """E2: a key or a card."""
    if values:
        report.note("driverUniqueId", values[0])


def _diagnostics(values: list[str], report: Report) -> None:
    """E5: a VIN or another text, then numbers; 255 where the bus does not say."""
    if values and not values[0].isdecimal():
        text = values.pop(0)
        report.note("vin" if len(text) == _VIN_LENGTH and text.isalnum() else "text", text)
    for value, (put, is_byte) in zip(values, _DIAGNOSTICS, strict=False):
        number = FIELDS.whole("diagnostics", value)
        if not (is_byte and number == _UNKNOWN_BYTE):
            put(report, number)


def _value(put: Put) -> tuple[Put, bool]:
    return put, False


def _byte(put: Put) -> tuple[Put, bool]:
    return put, True


_PERCENT = 100 / 255
_DIAGNOSTICS: tuple[tuple[Put, bool], ...] = (
    _value(signal("TraveledDistance", 1000)),
    _value(attribute("obd:fuelUsed")),
    _value(attribute("obd:fuelConsumption")),
    _value(field("battery_v", 0.001)),
    _value(field("engine_rpm")),
    _byte(signal("Speed")),
    _byte(signal("Powertrain.CombustionEngine.MAF")),
    _byte(signal("Powertrain.CombustionEngine.MAP")),
    _byte(field("coolant_temp_c", 1, -40)),
    _byte(signal("OBD.IntakeTemp", 1, -40)),
    _byte(field("engine_load_pct", _PERCENT)),
    _byte(field("throttle_pct", _PERCENT)),
    _byte(signal("OBD.FuelPressure")),
)
"""Source: captured frames; the units of fuel are not public."""

_READERS: Mapping[str, Callable[[list[str], Report], None]] = {"E2": _driver, "E5": _diagnostics}
