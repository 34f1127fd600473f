"""How the bits of a J1939 parameter group become readings, and what "not available" looks like.

Source: SAE J1939-71, section 5.1.4 (ranges of raw values) and 5.2.2 (little-endian, bytes and bits
count from 1); SAE J1939DA for the parameters.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypedDict, Unpack

from milepost.vehiclebus.reading import Reading

PROTOCOL = "j1939"

# Of numbers in whole bytes the top byte decides: up to FA valid, FB to FD kept free, FE error,
# FF not available. Of shorter fields the last two codes say error and not available.
_TOP_BYTE_VALID = 0xFA

SWITCH = {0: "off", 1: "on"}


class Spn(NamedTuple):
    """One parameter: where it stands (`byte` and `bit` from 1), value = raw × scale + offset."""

    number: int
    name: str
    byte: int
    bits: int = 8
    scale: float = 1
    offset: float = 0
    unit: str = ""
    path: str | None = None
    field: str | None = None
    bit: int = 1
    texts: Mapping[int, str] | None = None


class Options(TypedDict, total=False):
    """What the makers of parameters below leave open."""

    path: str
    field: str
    texts: Mapping[int, str]


class Pgn(NamedTuple):
    """One parameter group."""

    label: str
    name: str
    spns: tuple[Spn, ...] = ()


def switch(number: int, name: str, byte: int, bit: int, **more: Unpack[Options]) -> Spn:
    """Two bits: off, on, error, not available."""
    return Spn(number, name, byte, 2, bit=bit, texts=SWITCH)._replace(**more)


def state(number: int, name: str, byte: int, bit: int, bits: int, **more: Unpack[Options]) -> Spn:
    """A few bits that hold a code."""
    return Spn(number, name, byte, bits, bit=bit)._replace(**more)


def percent(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    """0 to 100 % in steps of 0.4 %."""
    return Spn(number, name, byte, 8, 0.4, 0, "percent")._replace(**more)


def torque(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    """-125 to 125 % of the reference torque."""
    return Spn(number, name, byte, 8, 1, -125, "percent")._replace(**more)


def celsius(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    """-40 to 210 °C."""
    return Spn(number, name, byte, 8, 1, -40, "Celsius")._replace(**more)


def celsius_fine(number: int, name: str, byte: int, **more: Unpack[Options]) -> Spn:
    """-273 to 1735 °C in two bytes."""
    return Spn(number, name, byte, 16, 0.03125, -273, "Celsius")._replace(**more)


def is_available(raw: int, bits: int) -> bool:
    """Whether a raw value is a measurement, not "error", "not available" or kept free."""
    if bits >= 8 and bits % 8 == 0:
        return raw >> (bits - 8) <= _TOP_BYTE_VALID
    return bits == 1 or raw < (1 << bits) - 2


def read(pgn: Pgn, data: bytes) -> tuple[Reading, ...]:
    """The readings of a parameter group; None stands where the sender has no value.

    Parameters that lie beyond the end of the data are left out.
    """
    number = int.from_bytes(data, "little")
    room = 8 * len(data)
    return tuple(
        _reading(spn, number >> start & ((1 << spn.bits) - 1))
        for spn in pgn.spns
        if (start := 8 * spn.byte + spn.bit - 9) + spn.bits <= room
    )


def _reading(spn: Spn, raw: int) -> Reading:
    identity = f"SPN {spn.number}"
    if not is_available(raw, spn.bits):
        return Reading(identity, spn.name, None, spn.unit, spn.path, spn.field)
    text = spn.texts.get(raw, f"code {raw}") if spn.texts is not None else None
    value = raw * spn.scale + spn.offset
    return Reading(identity, spn.name, value, spn.unit, spn.path, spn.field, text)
