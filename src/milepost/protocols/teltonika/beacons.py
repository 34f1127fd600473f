"""Elements of any length in Codec 8 Extended: texts, and lists of Bluetooth beacons.

Source: Teltonika wiki, "Codec 8 Extended", "FMB AVL ID" (385 Beacon, 548 Advanced BLE Beacon),
"EYE sensor" protocol overview.
"""

from collections.abc import Callable, Mapping

from milepost.protocols.teltonika.elements import TEXT_ELEMENTS

Attributes = dict[str, str]


def read_variable(element_id: int, value: bytes) -> Attributes:
    """The attributes that an element of any length gives; raw hex for what is not understood."""
    if element_id in _LISTS:
        tags = _LISTS[element_id](value)
        if tags is not None:
            return tags
    known = TEXT_ELEMENTS.get(element_id)
    if known is None:
        return {f"io:{element_id}": value.hex()}
    if not value.strip(b"\0"):
        return {}
    if known.shown == "text":
        return {known.name: value.decode("latin-1").strip("\0 ")}
    return {known.name: value.hex().upper() if known.shown == "key" else value.hex()}


def _beacons(value: bytes) -> Attributes | None:
    """385: a byte of part numbers, then per beacon flags, identity and signal strength."""
    attributes: Attributes = {}
    offset, number = 1, 0
    while offset < len(value):
        number += 1
        flags = value[offset]
        identity_end = offset + 1 + (20 if flags & 0x20 else 16)
        attributes[f"tag{number}Id"] = value[offset + 1 : identity_end].hex()
        offset = identity_end
        for bit, name, width_bytes, read in _BEACON_FIELDS:
            if flags & bit:
                attributes[f"tag{number}{name}"] = read(value[offset : offset + width_bytes])
                offset += width_bytes
    return attributes if offset == len(value) else None


def _tagged_beacons(value: bytes) -> Attributes | None:
    """548 and the EYE lists: a byte of part numbers, then per beacon a length and parameters."""
    attributes: Attributes = {}
    offset, number = 1, 0
    while offset < len(value):
        number += 1
        end = offset + 1 + value[offset]
        offset += 1
        while offset + 2 <= end <= len(value):
            parameter, length = value[offset], value[offset + 1]
            content = value[offset + 2 : offset + 2 + length]
            for name, text in _parameter(parameter, content).items():
                attributes[f"tag{number}{name}"] = text
            offset += 2 + length
        if offset != end:
            return None
    return attributes


def _parameter(parameter: int, content: bytes) -> Attributes:
    if parameter == 2:
        return _sensor(content)
    name, read = _PARAMETERS.get(parameter, (f":{parameter}", bytes.hex))
    return {name: read(content)}


def _sensor(content: bytes) -> Attributes:
    """The EYE sensor's own data: flags say which fields follow."""
    attributes: Attributes = {}
    offset = 1
    flags = content[0] if content else 0
    for bit, name, width_bytes, read in _SENSOR_FIELDS:
        if flags & bit:
            attributes[name] = read(content[offset : offset + width_bytes])
            offset += width_bytes
    return attributes


def _integer(content: bytes) -> str:
    return str(int.from_bytes(content, "big"))


def _signed(content: bytes) -> str:
    return str(int.from_bytes(content, "big", signed=True))


def _hundredths(content: bytes) -> str:
    return str(int.from_bytes(content, "big", signed=True) / 100)


def _thousandths(content: bytes) -> str:
    return str(int.from_bytes(content, "big") / 1000)


def _voltage(content: bytes) -> str:
    """Volts over 2 V in steps of 10 mV."""
    return str((2000 + int.from_bytes(content, "big") * 10) / 1000)


def _text(content: bytes) -> str:
    return content.decode("latin-1").strip("\0 ")


_Field = tuple[int, str, int, Callable[[bytes], str]]

_BEACON_FIELDS: tuple[_Field, ...] = (
    (0x01, "Signal", 1, _signed),
    (0x02, "BatteryV", 2, _thousandths),
    (0x04, "TempC", 2, _hundredths),
)

_SENSOR_FIELDS: tuple[_Field, ...] = (
    (0x01, "TempC", 2, _hundredths),
    (0x02, "HumidityPct", 1, _integer),
    (0x10, "MoveCount", 2, _integer),
    (0x20, "PitchDeg", 1, _signed),
    (0x20, "RollDeg", 2, _signed),
    (0x80, "BatteryV", 1, _voltage),
)

_PARAMETERS: Mapping[int, tuple[str, Callable[[bytes], str]]] = {
    0: ("Signal", _signed),
    1: ("Id", bytes.hex),
    5: ("Name", _text),
    6: ("TempC", _hundredths),
    7: ("HumidityPct", _integer),
    8: ("Magnet", _integer),
    9: ("Moving", _integer),
    10: ("MoveCount", _integer),
    11: ("PitchDeg", _signed),
    12: ("RollDeg", _signed),
    13: ("LowBattery", _integer),
    14: ("BatteryV", _thousandths),
    15: ("Mac", bytes.hex),
}

_LISTS: Mapping[int, Callable[[bytes], Attributes | None]] = {
    385: _beacons,
    548: _tagged_beacons,
    10828: _tagged_beacons,
    10829: _tagged_beacons,
    10831: _tagged_beacons,
    11317: _tagged_beacons,
}
