"""Eview's settings, which a device reports when asked or after it was set up.

Source: Eview, "EV-07B Protocol" 1.2, section 3.2; captured frames.
"""

from collections.abc import Callable, Iterable, Mapping

from milepost.protocols.minifinder2.records import identity_of
from milepost.protocols.wire.radio import station_text

_IMEI, _BATTERY = 0x03, 0x14
_BATTERY_BYTES = 3


def read_configuration(settings: Iterable[tuple[int, bytes]]) -> tuple[str | None, dict[str, str]]:
    """Identity and attributes: what has no name stays as `config:0b`, repeated ones by spaces.

    Raises:
        ProtocolError: an identity that is no text.
    """
    unique_id = None
    attributes: dict[str, str] = {}
    for key, value in settings:
        if key == _IMEI:
            unique_id = identity_of(value)
        elif key == _BATTERY and len(value) == _BATTERY_BYTES:
            attributes["trackerBatteryPct"] = str(value[0])
            attributes["trackerBatteryV"] = str(int.from_bytes(value[1:], "little") / 1000)
        elif key in _NAMED and value:
            name, text_of = _NAMED[key]
            attributes[name] = text_of(value)
        else:
            name = f"config:{key:02x}"
            before = attributes.get(name)
            attributes[name] = value.hex() if before is None else f"{before} {value.hex()}"
    return unique_id, attributes


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")


def _version(value: bytes) -> str:
    return value[::-1].hex()


_NAMED: Mapping[int, tuple[str, Callable[[bytes], str]]] = {
    0x01: ("model", _version),
    0x02: ("firmware", _version),
    0x04: ("iccid", _text),
    0x05: ("bluetoothMac", station_text),
    0x13: ("deviceName", _text),
    0x1A: ("firmwareName", _text),
    0x1B: ("modem", _text),
    0x40: ("apn", _text),
}
