"""What Meiligao's frames carry, by their command: places, alarms, cards, OBD values, pictures.

Source: "Meiligao GPRS Communication Protocol" V2.1, sections II and III and annexes; captured
frames (OBD values 9901 to 9903, pictures 9988).
"""

import re
from collections.abc import Callable, Mapping, Sequence

from milepost.errors import ProtocolError
from milepost.protocols.meiligao.frame import PROTOCOL_NAME
from milepost.protocols.meiligao.place import read_place, read_tag_place
from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_FIELDS = TextFields(PROTOCOL_NAME)
_PLACE = re.compile(rb"(.?)([0-9]{6}(?:\.[0-9]*)?,[AV],.*)", re.DOTALL)
_DTC = re.compile(r"[PCBU][0-9A-F]{4}")
_CARD_BYTES = 4
_MOST_RECORDS = 255

ALARMS: Mapping[int, str] = {
    0x01: "sos",
    0x10: "low_battery",
    0x11: "overspeed",
    0x12: "movement",
    0x13: "geofence",
    0x14: "crash",
    0x30: "parking",
    0x42: "geofence_exit",
    0x43: "geofence_enter",
    0x50: "power_cut",
    0x53: "antenna_cut",
    0x60: "power_on",
    0x71: "harsh_braking",
    0x72: "harsh_braking",
    0x73: "harsh_acceleration",
}
"""The first byte of an alarm; other codes are inputs, turns and reports by interval."""


def _text(data: bytes) -> str:
    text = data.decode("latin-1")
    if not text.isprintable():
        raise ProtocolError(PROTOCOL_NAME, f"text is due, {data[:40]!r} came")
    return text


def _place(data: bytes, received_time_ms: int) -> tuple[int | None, Report]:
    """A code of one byte, which some models leave away, and a place."""
    match = _PLACE.match(data)
    if match is None:
        raise ProtocolError(PROTOCOL_NAME, f"a place is due, {data[:40]!r} came")
    report = read_place(_text(match[2]), received_time_ms)
    return match[1][0] if match[1] else None, report


def read_position(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """9955, 9016 and 4101."""
    return (_place(data, received_time_ms)[1],)


def read_alarm(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """9999."""
    code, report = _place(data, received_time_ms)
    if code is not None:
        report.event(f"{code:02x}")
        report.alarm(ALARMS.get(code))
    return (report,)


def read_retransmission(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """6688: a count, and places between backslashes."""
    records = [record for record in data[1:].split(b"\\", _MOST_RECORDS) if record]
    reports = [_place(record, received_time_ms)[1] for record in records]
    for report in reports:
        report.note("archive", "true")
    return reports


def read_cards(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """9966: cards of four bytes, `|`, time and place."""
    at = data.rfind(b"|")
    if at < 0:
        raise ProtocolError(PROTOCOL_NAME, f"cards and a place are due, {data[:40]!r} came")
    report = read_tag_place(_text(data[at + 1 :]), received_time_ms)
    numbers = [
        int.from_bytes(data[begin : begin + _CARD_BYTES], "big")
        for begin in range(0, at, _CARD_BYTES)
    ]
    cards = [f"{number:010d}" for number in numbers if number]
    if cards:
        report.note("driverUniqueId", cards[0])
    for number, card in enumerate(cards[1:], 2):
        report.note(f"card:{number}", card)
    return (report,)


_Put = Callable[[Report, float], None]


def _field(name: str, scale: float = 1) -> _Put:
    def put(report: Report, value: float) -> None:
        report.fields[name] = value * scale

    return put


def _note(name: str, scale: float = 1) -> _Put:
    def put(report: Report, value: float) -> None:
        scaled = value * scale
        report.note(name, int(scaled) if scaled == int(scaled) else scaled)

    return put


def _signal(path: str) -> _Put:
    def put(report: Report, value: float) -> None:
        report.signals[path] = value

    return put


_NOW: Sequence[_Put] = (
    _field("battery_v"),
    _field("engine_rpm"),
    _signal("Vehicle.Speed"),
    _field("throttle_pct"),
    _field("engine_load_pct"),
    _field("coolant_temp_c"),
    _note("obd:consumption"),
    _note("fuelEconomyLp100km"),
    _note("tripOdometerM", 1000),
    _field("odometer_m", 1000),
    _note("tripFuelUsedL"),
    _field("fuel_used_l"),
    _signal("Vehicle.Diagnostics.DTCCount"),
    _note("harshAccelerationCount"),
    _note("harshBrakingCount"),
)
_TOTALS: Sequence[_Put] = (
    _note("obd:ignitions"),
    _note("drivingS", 3600),
    _note("idlingS", 3600),
    _note("obd:hotStartS"),
    _note("avgSpeedKmh"),
    _note("maxSpeedKmh"),
    _note("maxRpm"),
    _note("harshAccelerationCount"),
    _note("harshBrakingCount"),
)


def _listed(puts: Sequence[_Put]) -> Callable[[bytes, int], Sequence[Report]]:
    def read(data: bytes, received_time_ms: int) -> Sequence[Report]:
        report = Report(received_time_ms)
        for put, field in zip(puts, _text(data).split(","), strict=False):
            if field:
                put(report, _FIELDS.number("OBD value", field))
        return (report,)

    return read


def read_dtcs(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """9903: trouble codes of five characters."""
    report = Report(received_time_ms)
    text = _text(data)
    if text:
        report.note("dtcs", ",".join(_DTC.findall(text)) or text)
    return (report,)


def read_picture(data: bytes, received_time_ms: int) -> Sequence[Report]:
    """9988: a kind, the size, how many parts, which one, its bytes."""
    if len(data) < 6:
        raise ProtocolError(PROTOCOL_NAME, f"a part of a picture is due, {data.hex()} came")
    report = Report(received_time_ms)
    report.note("index", data[4])
    report.note("field:parts", data[3])
    report.note("photo", data[5:].hex())
    return (report,)


READS: Mapping[int, Callable[[bytes, int], Sequence[Report]]] = {
    0x9955: read_position,
    0x9016: read_position,
    0x4101: read_position,
    0x9999: read_alarm,
    0x6688: read_retransmission,
    0x9966: read_cards,
    0x9901: _listed(_NOW),
    0x9902: _listed(_TOTALS),
    0x9903: read_dtcs,
    0x9988: read_picture,
}
"""Command to its reading."""
