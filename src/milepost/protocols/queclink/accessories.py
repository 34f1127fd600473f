"""What hangs on a Queclink device: fuel sensors, 1-Wire, Bluetooth accessories.

Source: Queclink @Track Air Interface Protocol, "+RESP:GTERI" (ERI mask), "+RESP:GTBAA",
"+RESP:GTBID"; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.protocols.queclink.bus import read_can
from milepost.protocols.queclink.families import COUNTED_FUEL
from milepost.protocols.queclink.values import attribute, hexadecimal, number, text, whole
from milepost.protocols.wire.report import Report

_MAX_SENSORS = 32
_ONE_WIRE_TEMPERATURE = "1"
_NO_TEMPERATURE = 0x8000

APPENDED: Mapping[int, str] = {
    0: "tag#Name",
    1: "tag#Mac",
    3: "tag#BatteryV",
    4: "tag#TempC",
    5: "tag#HumidityPct",
    11: "tag#TempC",
    13: "tag#BatteryPct",
}
"""Bit of an accessory's append mask -> what is appended; the other bits keep their number."""


def read_appended(report: Report, index: int, mask: int, values: Sequence[str]) -> int:
    """What an accessory's append mask chooses; gives how many fields they are."""
    at = 0
    for bit in range(16):
        if not mask >> bit & 1 or at >= len(values):
            continue
        value, name = values[at], APPENDED.get(bit, f"tag{index}:{bit}").replace("#", str(index))
        at += 1
        if name.endswith("BatteryV"):
            attribute(name, 1e-3)(report, value)
        elif value:
            text(name)(report, value)
    return at


def _mask_at(values: Sequence[str], first: int) -> int | None:
    """Where an append mask of four digits stands, among the fields that vary by model."""
    for at in range(first, min(first + 3, len(values))):
        if len(values[at]) == 4 and hexadecimal(values[at]) is not None:
            return at
    return None


def _bluetooth(report: Report, values: Sequence[str], device_type: str) -> int:
    """A count; of each accessory index, type, model, raw data, append mask and what it chooses."""
    del device_type
    count = whole(values[0]) or 0
    at = 1
    for index in range(1, min(count, _MAX_SENSORS) + 1):
        mask_at = _mask_at(values, at + 3)
        if mask_at is None:
            break
        report.note(f"tag{index}Id", values[at] or str(index))
        raw = "".join(values[at + 3 : mask_at])
        if raw.strip("0"):
            report.note(f"tag{index}Data", raw)
        mask = hexadecimal(values[mask_at]) or 0
        at = mask_at + 1
        at += read_appended(report, index, mask, values[at:])
    return at


def read_accessory(report: Report, values: Sequence[str]) -> list[str]:
    """GTBAA and GTBID: index or count, type, model, alarm, append mask and what it chooses."""
    mask_at = _mask_at(values, 2) or _mask_at(values, 4)
    if mask_at is None:
        return [value for value in values if value]
    report.note("tag1Id", values[0])
    report.event("/".join(values[1:mask_at]))
    at = mask_at + 1
    at += read_appended(report, 1, hexadecimal(values[mask_at]) or 0, values[at:])
    return [value for value in values[at:] if value]


def _digital_fuel(report: Report, values: Sequence[str], device_type: str) -> int:
    """A raw value in hex; newer models count their sensors: of each id, type and value."""
    if device_type not in COUNTED_FUEL:
        _raw_fuel(report, 1, values[0])
        return 1
    count = min(whole(values[0]) or 0, _MAX_SENSORS)
    for index in range(1, count + 1):
        _raw_fuel(report, index, "".join(values[3 * index : 3 * index + 1]))
    return 1 + 3 * count


def _raw_fuel(report: Report, index: int, value: str) -> None:
    level = hexadecimal(value)
    if level is not None:
        report.note(f"fuelSensor{index}", level)


def _one_wire(report: Report, values: Sequence[str], device_type: str) -> int:
    """A count; of each device id, type and data. Type 1 is a temperature in 1/16 °C."""
    del device_type
    count = min(whole(values[0]) or 0, _MAX_SENSORS)
    for index in range(1, count + 1):
        sensor = values[3 * index - 2 : 3 * index + 1]
        if len(sensor) < 3:
            break
        if sensor[0]:
            report.note(f"onewire:{index}", sensor[0])
        raw = hexadecimal(sensor[2])
        if raw is None:
            continue
        if sensor[1] != _ONE_WIRE_TEMPERATURE or raw >= 0x10000:
            report.note(f"onewire{index}:data", sensor[2])
        elif raw != _NO_TEMPERATURE:
            report.note(f"temp{index}C", (raw - 0x10000 if raw >= 0x8000 else raw) / 16)
    return 1 + 3 * count


def _can(report: Report, values: Sequence[str], device_type: str) -> int:
    """The state of the CAN reader, then what GTCAN says."""
    del device_type
    return 1 + read_can(report, values[1:])


def _fuel_levels(report: Report, values: Sequence[str], *, percent: bool, volume: bool) -> int:
    """A count; of each sensor its type, then percent and litres as the mask chooses."""
    width = 1 + percent + volume
    count = min(whole(values[0]) or 0, _MAX_SENSORS)
    for index in range(1, count + 1):
        sensor = values[1 + (index - 1) * width : 1 + index * width]
        level = number(sensor[1]) if percent and len(sensor) > 1 else None
        litres = number(sensor[-1]) if volume and len(sensor) == width else None
        if level is not None:
            report.note(f"fuelSensor{index}Pct", level)
        if litres is not None:
            report.note(f"fuelSensor{index}L", litres)
    return 1 + width * count


_Part = Callable[[Report, Sequence[str], str], int]


def _percent(report: Report, values: Sequence[str], device_type: str) -> int:
    del device_type
    return _fuel_levels(report, values, percent=True, volume=False)


def _volume(report: Report, values: Sequence[str], device_type: str) -> int:
    del device_type
    return _fuel_levels(report, values, percent=False, volume=True)


def _both(report: Report, values: Sequence[str], device_type: str) -> int:
    del device_type
    return _fuel_levels(report, values, percent=True, volume=True)


_FUEL, _ONE_WIRE, _CAN, _PERCENT, _VOLUME, _BLUETOOTH = 1, 2, 4, 8, 16, 256


def _parts(mask: int) -> list[_Part]:
    levels = {_PERCENT: _percent, _VOLUME: _volume, _PERCENT | _VOLUME: _both}
    parts: Sequence[tuple[int, _Part]] = (
        (mask & _FUEL, _digital_fuel),
        (mask & _ONE_WIRE, _one_wire),
        (mask & _CAN, _can),
        (mask & (_PERCENT | _VOLUME), levels.get(mask & (_PERCENT | _VOLUME), _both)),
        (mask & _BLUETOOTH, _bluetooth),
    )
    return [part for chosen, part in parts if chosen]


def read_extended(
    report: Report, mask: int, values: Sequence[str], device_type: str
) -> Sequence[str]:
    """What the ERI mask appends to a GTERI, after the serial port's type; gives the rest."""
    at = 1
    for part in _parts(mask):
        if at >= len(values):
            break
        at += part(report, values[at:], device_type)
    return values[at:]
