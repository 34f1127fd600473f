"""Additional items of makers, beyond the standard: batteries, sensors, locks, tyres, cards.

Source: Huabao "JT808 common message parsing of GPS electronic lock" (D5); EXLIVE "JT/T808
extension" (51 to 57); captured frames of Jointech (60 to 71), AOVX (F0 to F9) and others.
"""

from collections.abc import Mapping
from itertools import count
from struct import Struct

from milepost.errors import ProtocolError
from milepost.protocols.jt808 import diagnostics
from milepost.protocols.jt808 import radio_items as radio
from milepost.protocols.jt808.frames import PROTOCOL_NAME
from milepost.protocols.jt808.readers import Read, digits, field, flag, note, text, text_of
from milepost.protocols.wire.report import Report

_NO_TEMPERATURE = 0xFFFF
_DRIVING_ALARMS: Mapping[int, str] = {
    8: "harsh_acceleration",
    9: "harsh_braking",
    10: "harsh_cornering",
}
_MARKED_ALARMS: Mapping[int, str] = {
    0: "harsh_acceleration",
    1: "harsh_braking",
    2: "harsh_cornering",
    3: "crash",
    4: "tampering",
}
_ALARM_MARK, _ALARM_ITEM = 0x7C, 0x01
_TYRE = Struct(">B3sHBB")
_TYRE_KPA = 2.5
_BEACON = Struct(">B6sbBBB")
_LOCK = Struct(">5s5sB2s")
_SUBLOCK = Struct(">6sH3s")
_UNLOCKED = 1 << 5
_CHARGED_CELL = Struct(">IBB")
_MODULE_BYTES = 19


def _wrong(what: str, content: bytes) -> ProtocolError:
    return ProtocolError(PROTOCOL_NAME, f"{len(content)} bytes are no {what}")


def _temperatures(report: Report, content: bytes) -> None:
    """Tenths of a degree, the highest bit the sign, FFFF where no sensor is (51)."""
    for sensor, at in enumerate(range(0, len(content) - 1, 2), 1):
        value = int.from_bytes(content[at : at + 2], "big")
        if value != _NO_TEMPERATURE:
            tenths = -(value & 0x7FFF) if value & 0x8000 else value
            report.note(f"temp{sensor}C", tenths / 10)


def _battery_steps(report: Report, content: bytes) -> None:
    """The charge in tenths; what the second byte says differs (56)."""
    report.note("trackerBatteryPct", min(content[0] * 10, 100))


def _driving_alarms(report: Report, content: bytes) -> None:
    """Alarm bits, switches, reserve (57)."""
    bits = int.from_bytes(content[:2], "big")
    for bit, alarm in _DRIVING_ALARMS.items():
        if bits >> bit & 1:
            report.alarm(alarm)
    report.attributes["item:57"] = content.hex()


def _card_event(report: Report, content: bytes) -> None:
    """Event, a byte, the sub-lock of six bytes where there is one, the card's eight digits (60)."""
    if len(content) not in (2, 11, 17):
        raise _wrong("event of a lock", content)
    event = int.from_bytes(content[:2], "big")
    report.note("event", event)
    report.event(event)
    if len(content) == 17:
        report.attributes["lock1Id"] = content[3:9].hex()
    if len(content) > 2:
        report.attributes["driverUniqueId"] = text_of(content[-8:])


def _sublocks(report: Report, content: bytes) -> None:
    """Identity, millivolts, state of each (63)."""
    if len(content) % _SUBLOCK.size:
        raise _wrong("list of locks", content)
    for lock, (identity, millivolts, state) in enumerate(_SUBLOCK.iter_unpack(content), 1):
        report.attributes[f"lock{lock}Id"] = identity.hex()
        report.note(f"lock{lock}BatteryV", millivolts / 1000)
        report.attributes[f"lock{lock}Status"] = state.hex()


def _locks(report: Report, content: bytes) -> None:
    """A count, then identity, card, charge and state of each, the device itself first (D5)."""
    if not content or len(content) != 1 + content[0] * _LOCK.size:
        raise _wrong("list of locks", content)
    for lock, (identity, card, charge, state) in enumerate(_LOCK.iter_unpack(content[1:]), 1):
        report.attributes[f"lock{lock}Id"] = identity.hex()
        if any(card):
            report.attributes[f"lock{lock}Card"] = card.hex()
        report.note(f"lock{lock}BatteryPct", charge)
        bits = int.from_bytes(state, "big")
        report.note(f"lock{lock}Locked", not bits & _UNLOCKED)
        report.attributes[f"lock{lock}Status"] = state.hex()


def _tyres(report: Report, content: bytes) -> None:
    """Place, sensor, pressure in 2.5 kPa, °C + 50, state of each (77)."""
    if not content or len(content) % _TYRE.size:
        raise _wrong("list of tyres", content)
    for place, sensor, pressure, temperature, state in _TYRE.iter_unpack(content):
        report.attributes[f"tire{place}Id"] = sensor.hex()
        report.note(f"tire{place}PressureKpa", pressure * _TYRE_KPA)
        if temperature:
            report.note(f"tire{place}TempC", temperature - 50)
        report.note(f"tire{place}Status", state)


def _climate_beacons(report: Report, content: bytes) -> None:
    """Number, address, temperature and humidity as whole and 255ths of each (E6).

    Trackers in the diagnostic socket have a text there.
    """
    if content.startswith(b"$") and diagnostics.read_text(report, content):
        return
    if not content or len(content) % _BEACON.size:
        raise _wrong("list of beacons", content)
    for sensor, address, whole, part, humidity, parts in _BEACON.iter_unpack(content):
        fraction = part / 255
        report.note(f"temp{sensor}C", whole - fraction if whole < 0 else whole + fraction)
        report.note(f"humidity{sensor}Pct", humidity + parts / 255)
        report.attributes[f"tag{sensor}Mac"] = address.hex()


def _charge_and_voltage(report: Report, content: bytes) -> None:
    """Charge, hundredths of a volt: of the tracker where it has a battery, else of the vehicle."""
    charge, hundredths = content[1], int.from_bytes(content[2:4], "big")
    if charge:
        report.note("trackerBatteryPct", charge)
        report.note("trackerBatteryV", hundredths / 100)
    elif hundredths:
        report.fields["battery_v"] = hundredths / 100
    if any(content[4:]) or content[0]:
        report.attributes["item:e3"] = content.hex()


def _charging_and_charge(report: Report, content: bytes) -> None:
    """Whether it is charged, and its charge (E4)."""
    report.note("charging", bool(content[0]))
    report.note("trackerBatteryPct", content[1])


def _marked_alarms(report: Report, content: bytes) -> None:
    """The mark 7C, then identity, length, content: 01 are alarm bits (FE)."""
    if len(content) < 3 or content[0] != _ALARM_MARK:
        raise _wrong("marked list", content)
    at = 1
    while at + 2 <= len(content):
        item_id, length = content[at], content[at + 1]
        item = content[at + 2 : at + 2 + length]
        if item_id == _ALARM_ITEM:
            bits = int.from_bytes(item, "big")
            for bit, alarm in _MARKED_ALARMS.items():
                if bits >> bit & 1:
                    report.alarm(alarm)
                    report.event(f"fe:{bit}")
        elif any(item):
            report.attributes[f"item:fe:{item_id:02x}"] = item.hex()
        at += 2 + length


def _sensors(report: Report, content: bytes) -> None:
    """An event, a mask of what follows, that, settings (F6)."""
    if len(content) < 2:
        raise _wrong("list of sensors", content)
    report.note("event", content[0])
    at, mask = 2, content[1]
    for bit, length, read in _SENSORS:
        if mask >> bit & 1 and at + length <= len(content):
            read(report, content[at : at + length])
            at += length
    if at < len(content):
        report.attributes["item:f6"] = content[at:].hex()


def _axes(report: Report, content: bytes) -> None:
    for axis, at in zip("XYZ", count(0, 2), strict=False):
        value = int.from_bytes(content[at : at + 2], "big", signed=True)
        report.note(f"axis{axis}Mg", value)


_SENSORS: tuple[tuple[int, int, Read], ...] = (
    (0, 2, note("light")),
    (1, 2, note("temp1C", 0.1, signed=True)),
    (2, 2, note("humidityPct", 0.1)),
    (3, 6, _axes),
)
"""Bit of the mask, length, reader."""


def _battery(report: Report, content: bytes) -> None:
    """Millivolts, whether it is charged, charge (F7)."""
    millivolts, charging, charge = _CHARGED_CELL.unpack(content)
    report.note("trackerBatteryV", millivolts / 1000)
    report.note("charging", bool(charging))
    report.note("trackerBatteryPct", charge)


def _module(report: Report, content: bytes) -> None:
    """A byte, IMEI, SIM card, model (F8)."""
    if len(content) < _MODULE_BYTES or not content[1:9].hex().isdecimal():
        raise _wrong("description of a device", content)
    report.attributes["imei"] = content[1:9].hex()[1:]
    digits("iccid")(report, content[9:19])
    text("model")(report, content[19:])


def _inputs(report: Report, content: bytes) -> None:
    """Two analogue inputs, the first first (A7)."""
    report.note("adc1", int.from_bytes(content[:2], "big"))
    report.note("adc2", int.from_bytes(content[2:], "big"))


SIZED: Mapping[tuple[int, int], Read] = {
    (0x56, 2): _battery_steps,
    (0x57, 8): _driving_alarms,
    (0x61, 2): field("battery_v", 0.01),
    (0x69, 2): note("trackerBatteryV", 0.01),
    (0x6A, 1): note("gsmSignal"),
    (0x6B, 1): field("satellites"),
    (0x71, 20): text("iccid"),
    (0xA7, 4): _inputs,
    (0xAC, 4): field("odometer_m"),
    (0xD3, 2): field("battery_v", 0.1),
    (0xD4, 1): note("trackerBatteryPct"),
    (0xD5, 2): note("trackerBatteryV", 0.01),
    (0xE1, 1): note("trackerBatteryPct"),
    (0xE1, 2): field("battery_v", 0.1),
    (0xE3, 6): _charge_and_voltage,
    (0xE4, 2): _charging_and_charge,
    (0xE5, 1): flag("motion"),
    (0xEE, 10): radio.read_narrow_cell,
    (0xF1, 4): field("battery_v", 0.001),
    (0xF7, 6): _battery,
    (0xFE, 1): note("trackerBatteryPct"),
    (0xFF, 12): radio.read_wide_cell,
}
"""(identity, length) -> reader."""

ANY_SIZE: Mapping[int, Read] = {
    0x50: radio.stations(0),
    0x51: _temperatures,
    0x53: radio.read_counted_cells,
    0x54: radio.stations(1),
    0x5D: radio.read_counted_cells,
    0x60: _card_event,
    0x63: _sublocks,
    0x6C: text("imsi"),
    0x77: _tyres,
    0xBC: text("driverName"),
    0xBD: text("driverLicense"),
    0xCC: text("iccid"),
    0xD5: _locks,
    0xE6: _climate_beacons,
    0xEC: radio.stations(0),
    0xED: text("driverLicense"),
    0xF2: text("firmware"),
    0xF4: radio.stations(0),
    0xF6: _sensors,
    0xF8: _module,
    0xFE: _marked_alarms,
}
"""Identity -> reader, whatever the length."""
