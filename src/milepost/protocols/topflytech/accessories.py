"""TopFlyTech's Bluetooth accessories: tyres, buttons, tags, thermometers, doors, relays.

Source: TOPFLYtech 0x25 0x25 Protocol 2023-09-21, "Bluetooth peripheral data"; captured frames.
"""

from collections.abc import Callable, Mapping, Sequence

from milepost.protocols.topflytech.fields import (
    PLACE_BYTES,
    TIME_BYTES,
    read_place,
    read_receiver,
    read_time,
)
from milepost.protocols.wire.report import Report

_IGNITION_AT, _KIND_AT = TIME_BYTES, TIME_BYTES + 1
_SECOND_KIND_AT = _KIND_AT + 1 + PLACE_BYTES
_MAC_BYTES = 6
_NOTHING, _NO_NUMBER = 0xFF, 0xFFFF
_LOWEST_V = 1.22
_KPA = 3.144
_COLDEST_C = 55


def _mac(raw: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in raw)


def _battery(report: Report, index: int, raw: int) -> None:
    """The voltage is 1.22 V and hundredths."""
    if raw != _NOTHING:
        report.note(f"tag{index}BatteryV", round(_LOWEST_V + raw / 100, 2))


def _strength(report: Report, index: int, raw: int) -> None:
    """dBm; some leave the sign out."""
    if raw != _NOTHING:
        report.note(f"tag{index}Signal", raw - 256 if raw >= 0x80 else -raw)


def _temperature(report: Report, index: int, raw: bytes) -> None:
    """0.01 °C."""
    if raw != b"\xff\xff":
        report.note(f"tag{index}TempC", int.from_bytes(raw, "big", signed=True) / 100)


def _tyre(report: Report, index: int, data: bytes) -> None:
    """Voltage, pressure in steps of 3.144 kPa, temperature from -55 °C, state."""
    report.note(f"tire{index}Id", _mac(data[:6]))
    if data[6] != _NOTHING:
        report.note(f"tire{index}BatteryV", round(_LOWEST_V + data[6] / 100, 2))
    if data[7] != _NOTHING:
        report.note(f"tire{index}PressureKpa", round(data[7] * _KPA, 1))
    if data[8] != _NOTHING:
        report.note(f"tire{index}TempC", data[8] - _COLDEST_C)
    report.note(f"tire{index}Status", data[9])
    if data[9] and data[9] != _NOTHING:
        report.alarm("tire_pressure")


def _climate(report: Report, index: int, data: bytes) -> None:
    """Voltage, charge, temperature, humidity, light, strength."""
    _tag(report, index, data)
    _temperature(report, index, data[8:10])
    humidity = int.from_bytes(data[10:12], "big")
    if humidity != _NO_NUMBER:
        report.note(f"tag{index}HumidityPct", humidity / 100)
    light = int.from_bytes(data[12:14], "big")
    if light != _NO_NUMBER:
        report.note(f"tag{index}Light", light & 1)
    _strength(report, index, data[14])


def _tag(report: Report, index: int, data: bytes) -> None:
    """Address, voltage, charge in percent."""
    report.note(f"tag{index}Mac", _mac(data[:6]))
    _battery(report, index, data[6])
    if data[7] <= 100:
        report.note(f"tag{index}BatteryPct", data[7])


def _door(report: Report, index: int, data: bytes) -> None:
    """Voltage, charge, temperature, whether it is open, strength."""
    _tag(report, index, data)
    _temperature(report, index, data[8:10])
    if data[10] != _NOTHING:
        report.note(f"tag{index}Data", f"{data[10]:02x}")
        report.note("door", data[10] == 1)
    _strength(report, index, data[11])


def _fuel(report: Report, index: int, data: bytes) -> None:
    """Voltage, fuel in 0.01 mm, temperature, state, strength."""
    report.note(f"tag{index}Mac", _mac(data[:6]))
    _battery(report, index, data[6])
    level = int.from_bytes(data[7:9], "big")
    if level != _NO_NUMBER:
        report.note(f"fuelSensor{index}", level)
    _temperature(report, index, data[9:11])


_Read = Callable[[Report, int, bytes], None]
REPEATED: Mapping[int, tuple[int, _Read]] = {
    0x01: (10, _tyre),
    0x04: (15, _climate),
    0x05: (12, _door),
    0x06: (12, _door),
    0x0D: (15, _fuel),
}
"""Kind -> bytes of one accessory's data, and what reads them."""
_BUTTON, _DRIVER = 0x02, 0x03
LOCATED: Mapping[int, str] = {_BUTTON: "button", _DRIVER: "driver"}
"""Kinds that come with a place."""
_LOCATED_BYTES = _MAC_BYTES + 3 + PLACE_BYTES


def read_accessories(report: Report, content: bytes) -> int:
    """Time, ignition, kind, and each accessory's data; what is not known is kept in hex.

    Raises:
        ProtocolError: there is no such time.
    """
    if content[_IGNITION_AT : _IGNITION_AT + 1] in (b"\0", b"\1"):
        report.fields["ignition"] = content[_IGNITION_AT] == 1
    return read_asset_accessories(report, content)


def read_asset_accessories(report: Report, content: bytes) -> int:
    """As `read_accessories`, of a tracker that knows no ignition.

    Raises:
        ProtocolError: there is no such time.
    """
    read_time(report, content, 0)
    return _read_kind(report, content[_KIND_AT : _KIND_AT + 2], content[_KIND_AT + 2 :])


def read_second_accessories(report: Report, content: bytes) -> int:
    """The second generation: time, ignition, the receiver's state, place, kind, data.

    Raises:
        ProtocolError: there is no such time, or it ends before the kind.
    """
    read_time(report, content, 0)
    if content[_IGNITION_AT : _IGNITION_AT + 1] == b"\1":
        report.fields["ignition"] = True
    state = int.from_bytes(content[_KIND_AT : _KIND_AT + 1], "big")
    read_place(report, content, _KIND_AT + 1, located=read_receiver(report, state))
    kind = content[_SECOND_KIND_AT : _SECOND_KIND_AT + 2]
    return _read_kind(report, kind, content[_SECOND_KIND_AT + 2 :])


def _read_kind(report: Report, kind_bytes: bytes, data: bytes) -> int:
    kind = int.from_bytes(kind_bytes, "big")
    report.event(f"bluetooth:{kind:x}")
    if kind in LOCATED and len(data) >= _LOCATED_BYTES:
        _located(report, kind, data)
        return 0
    if kind in LOCATED and len(data) >= _MAC_BYTES + 2:
        _button(report, kind, data)
        return 0
    width, read = REPEATED.get(kind, (0, None))
    if read is None or len(data) < width:
        report.note("data", data.hex())
        return 0
    for index, piece in enumerate(_pieces(data, width), 1):
        read(report, index, piece)
    return 0


def _pieces(data: bytes, width: int) -> Sequence[bytes]:
    return [data[at : at + width] for at in range(0, len(data) - width + 1, width)]


def _located(report: Report, kind: int, data: bytes) -> None:
    """Address, voltage, alarm, the receiver's state, place."""
    _button(report, kind, data)
    located = read_receiver(report, data[8])
    read_place(report, data, 9, located=located)


def _button(report: Report, kind: int, data: bytes) -> None:
    report.note("tag1Mac", _mac(data[:6]))
    _battery(report, 1, data[6])
    report.note("tag1Data", f"{data[7]:02x}")
    if kind == _DRIVER:
        report.note("driverUniqueId", data[:6].hex())
    elif data[7] == 1:
        report.alarm("sos")
