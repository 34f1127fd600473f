"""Parameter ids of CCE records: one, two and four bytes, little-endian, and of their own length.

Ids of two bytes begin with FE. Where a meaning is not public, the raw value stays as `id:…`.

Source: protocols of T633L, T366, P88L and MDVRs, annex "parameter id"; captured frames.
"""

from collections.abc import Callable, Mapping

from milepost.protocols.meitrack.inputs import supply_volts
from milepost.protocols.wire.elements import Put, attribute, field, signal
from milepost.protocols.wire.radio import cell_text, station_text
from milepost.protocols.wire.report import Report

_CHARGING_BIT = 6
_LOCK_STATES = {1: "false", 2: "true"}
_TAG_HEAD_BYTES, _TAG_BODY_BYTES = 2, 11


def _lock(report: Report, raw: int) -> None:
    state = _LOCK_STATES.get(raw)
    if state is not None:
        report.attributes["locked"] = state


def _battery(report: Report, raw: int) -> None:
    report.attributes["trackerBatteryV"] = repr(round(supply_volts(raw, 0)[0], 3))


def _driver(report: Report, raw: int) -> None:
    """The card's number as AAA writes it, eight hex digits."""
    report.attributes["driverUniqueId"] = f"{raw:08X}"


def _flags(report: Report, raw: int) -> None:
    """System flags; beside the charger's bit, models disagree about them."""
    report.attributes["statusExtended"] = str(raw)
    if raw >> _CHARGING_BIT & 1:
        report.attributes["charging"] = "true"


NUMBERS: Mapping[int, Put] = {
    0x06: field("satellites"),
    0x07: attribute("gsmSignal"),
    0x08: field("speed_kmh"),
    0x0A: field("hdop", 0.1),
    0x0C: field("odometer_m"),
    0x0D: attribute("runtimeS"),
    0x14: attribute("outputs"),
    0x16: attribute("ain1V", 0.01),
    0x17: attribute("ain2V", 0.01),
    0x18: attribute("ain3V", 0.01),
    0x19: _battery,
    0x1A: field("battery_v", 0.01),
    0x1B: attribute("geofenceId"),
    0x1C: _flags,
    0x25: _driver,
    0x29: field("fuel_level_pct", 0.01, highest=10_000),
    0x47: _lock,
    0x91: signal("Speed"),
    0x92: signal("Speed"),
    0x97: field("throttle_pct", highest=100),
    0x99: field("engine_rpm"),
    0x9B: signal("TraveledDistance"),
    0x9C: field("coolant_temp_c", signed_bits=16),
    0x9D: field("fuel_level_pct", highest=100),
    0x9F: signal("OBD.IntakeTemp", signed_bits=16),
    0xA0: field("fuel_used_l", 0.001),
    0xA2: attribute("fuelEconomyLp100km", 0.01),
    0xFE69: attribute("trackerBatteryPct"),
    0xFEF4: field("engine_hours_h", 1 / 60),
}
"""Id -> where the number goes. Time, place, event and what needs two of them: see `binary`."""


def _cell(report: Report, data: bytes) -> None:
    if len(data) < 10:
        report.attributes["id:e"] = data.hex()
        return
    country, network, area = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2, 4))
    identity = int.from_bytes(data[6:10], "little")
    signal_dbm = int.from_bytes(data[10:12], "little", signed=True)
    report.attributes["cells"] = cell_text(country, network, area, identity, signal_dbm or None)


def _station(report: Report, data: bytes) -> None:
    if len(data) != 8:
        report.attributes["network"] = data.hex()
    elif any(data[:6]):
        text = station_text(data[:6], int.from_bytes(data[6:], "little", signed=True))
        stations = report.attributes.get("wifi")
        report.attributes["wifi"] = f"{stations} {text}" if stations else text


def _temperature(name: str) -> Callable[[Report, bytes], None]:
    def read(report: Report, data: bytes) -> None:
        if len(data) == 3:
            report.note(name, int.from_bytes(data[1:], "little", signed=True) / 100)

    return read


def _network(report: Report, data: bytes) -> None:
    """Version, kind, length and name of the network."""
    name = data[3 : 3 + data[2]] if len(data) > 3 else b""
    if name and name.isascii():
        report.attributes["networkType"] = name.decode().rstrip("\0")


def _camera(report: Report, data: bytes) -> None:
    """What a camera saw: protocol, kind of alarm, and the picture, kept by days."""
    report.attributes["eventData"] = data[:2].hex()
    name = data[2:].rstrip(b"\0")
    if not name or not name.isascii():
        return
    text = name.decode()
    day = text[:8]
    is_dated = len(day) == 8 and day.isdigit()
    folder = f"{day[:4]}-{day[4:6]}-{day[6:]}/" if is_dated else ""
    report.attributes["image"] = folder + text


def _tag(report: Report, data: bytes) -> None:
    """A Bluetooth sensor: version, its name, address, charge, temperature and humidity.

    The two are fixed-point numbers with eight bits behind the point.
    """
    number = 1
    while f"tag{number}Data" in report.attributes:
        number += 1
    tag, attributes = f"tag{number}", report.attributes
    attributes[f"{tag}Data"] = data.hex()
    body_at = _TAG_HEAD_BYTES + (data[1] if len(data) > 1 else 0)
    body = data[body_at : body_at + _TAG_BODY_BYTES]
    if len(body) < _TAG_BODY_BYTES:
        return
    attributes[f"{tag}Name"] = data[_TAG_HEAD_BYTES:body_at].decode("utf-8", "replace")
    attributes[f"{tag}Mac"] = station_text(body[:6])
    attributes[f"{tag}BatteryPct"] = str(body[6])
    celsius = int.from_bytes(body[7:9], "little", signed=True) / 256
    humidity_pct = int.from_bytes(body[9:11], "little", signed=True) / 256
    attributes[f"{tag}TempC"] = repr(celsius)
    attributes[f"{tag}HumidityPct"] = repr(humidity_pct)


def _batteries(report: Report, data: bytes) -> None:
    """Up to three batteries: state (0: there is none) and charge in percent."""
    report.attributes["id:fea8"] = data.hex()
    for number, at in enumerate(range(0, len(data) - 1, 2), 1):
        if data[at]:
            name = "trackerBatteryPct" if number == 1 else f"trackerBattery{number}Pct"
            report.attributes[name] = str(data[at + 1])


TEXTS: Mapping[int, Callable[[Report, bytes], None]] = {
    0x0E: _cell,
    **dict.fromkeys(range(0x1D, 0x25), _station),
    **{0x2A + index: _temperature(f"temp{index + 1}C") for index in range(8)},
    0x4B: _network,
    0xFE31: _camera,
    0xFE73: _tag,
    0xFEA8: _batteries,
}
"""Id of a parameter with its own length -> its reader."""
