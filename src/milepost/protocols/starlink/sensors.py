"""Sensors of StarLink devices, by wire and by radio; the latter also describe themselves in binary.

Source: ERM, "StarLink communication protocol", tags TI, TS, TV, TH and TD; captured frames.
"""

import binascii
from collections.abc import Callable, Mapping

from milepost.protocols.wire.report import Report
from milepost.protocols.wire.text_fields import TextFields

_FIELDS = TextFields("starlink")
_NAMES: Mapping[str, str] = {"TV": "temp{}C", "TH": "humidity{}Pct"}
_VARINT, _BYTES = 0, 2


def put_sensor(report: Report, tag: str, text: str) -> bool:
    """A field of a sensor's tag, such as TV2; False: it is none."""
    kind, number = tag[:-1], tag[-1:]
    if not number.isdecimal():
        return False
    if kind in _NAMES:
        name = _NAMES[kind].format(number)
        report.note(name, _FIELDS.number(name, text))
    elif kind == "TI":
        report.attributes[f"tag{number}Id"] = text
    elif kind == "TD":
        _describe(report, number, text)
    else:
        return False
    return True


def _describe(report: Report, number: str, text: str) -> None:
    """Base64 of a protocol-buffers message: numbers by the number of their field."""
    try:
        content = binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        report.attributes[f"tag{number}Data"] = text
        return
    report.attributes[f"tag{number}Data"] = content.hex()
    for field, value in _numbers(content):
        name, convert = _DESCRIBED.get(field, ("", float))
        if name:
            report.note(name.format(number), convert(value))


def _numbers(content: bytes) -> list[tuple[int, int]]:
    """Fields that are numbers; what cannot be read ends the list.

    Source: Protocol Buffers, "Encoding".
    """
    numbers: list[tuple[int, int]] = []
    offset = 0
    while offset < len(content):
        key, offset = _varint(content, offset)
        value, offset = _varint(content, offset)
        if key & 7 == _VARINT and offset <= len(content):
            numbers.append((key >> 3, value))
        elif key & 7 == _BYTES:
            offset += value
        else:
            break
    return numbers


def _varint(content: bytes, offset: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; beyond the end at the end."""
    value = shift = 0
    while offset < len(content) and shift < 35:
        byte = content[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, offset
    return value, len(content) + 1


def _signed(value: int) -> int:
    """Zigzag: 1 is -1, 2 is 1, 3 is -2."""
    return (value >> 1) ^ -(value & 1)


_DESCRIBED: Mapping[int, tuple[str, Callable[[int], float]]] = {
    7: ("tag{}Signal", _signed),
    9: ("tag{}BatteryV", lambda value: value / 1000),
}
"""Temperature and humidity (fields 4 and 5) have tags of their own."""
