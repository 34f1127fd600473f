"""How the bytes of an OBD-II parameter become readings: parts of a layout, linear formulas.

Source: SAE J1979 (ISO 15031-5), annex B: value = raw × scale + offset, bytes big-endian, A first.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypedDict, Unpack

from milepost.vehiclebus.reading import Reading

PROTOCOL = "obd"


class Part(NamedTuple):
    """One quantity inside a parameter.

    `start` and `size` count bytes, A being 0. `shift` and `bits` cut a field out of them (bits 0:
    all). `guard` is the bit of byte A that says whether the part holds anything. `absent` is a raw
    value that means "no such sensor". `texts` names codes.
    """

    name: str
    start: int = 0
    size: int = 1
    scale: float = 1
    offset: float = 0
    unit: str = ""
    path: str | None = None
    field: str | None = None
    signed: bool = False
    shift: int = 0
    bits: int = 0
    guard: int | None = None
    absent: int | None = None
    texts: Mapping[int, str] | None = None


class Options(TypedDict, total=False):
    """What the makers of parts below leave open."""

    path: str
    field: str
    guard: int
    absent: int
    texts: Mapping[int, str]


class Pid(NamedTuple):
    """A parameter: how many bytes it has, and what they hold."""

    size: int
    parts: tuple[Part, ...]


def percent(name: str, start: int = 0, **more: Unpack[Options]) -> Part:
    """A byte from 0 to 100 %."""
    return Part(name, start, 1, 100 / 255, 0, "percent")._replace(**more)


def trim(name: str, start: int = 0, **more: Unpack[Options]) -> Part:
    """A byte from -100 to 99.2 %."""
    return Part(name, start, 1, 100 / 128, -100, "percent")._replace(**more)


def celsius(name: str, start: int = 0, **more: Unpack[Options]) -> Part:
    """A byte from -40 to 215 °C."""
    return Part(name, start, 1, 1, -40, "Celsius")._replace(**more)


def celsius_fine(name: str, start: int = 0, **more: Unpack[Options]) -> Part:
    """Two bytes from -40 to 6513.5 °C."""
    return Part(name, start, 2, 0.1, -40, "Celsius")._replace(**more)


def flag(name: str, start: int, bit: int, **more: Unpack[Options]) -> Part:
    """One bit."""
    return Part(name, start, shift=bit, bits=1)._replace(**more)


def read(identity: str, layout: Pid, data: bytes) -> tuple[Reading, ...]:
    """The readings of a parameter's bytes; parts that say they hold nothing are left out."""
    return tuple(
        _reading(identity, part, raw)
        for part in layout.parts
        if (raw := _raw(part, data)) is not None
    )


def _raw(part: Part, data: bytes) -> int | None:
    end = part.start + part.size
    if end > len(data) or (part.guard is not None and not data[0] >> part.guard & 1):
        return None
    raw = int.from_bytes(data[part.start : end], "big", signed=part.signed)
    if part.bits:
        raw = raw >> part.shift & ((1 << part.bits) - 1)
    return None if raw == part.absent else raw


def _reading(identity: str, part: Part, raw: int) -> Reading:
    text = part.texts.get(raw, f"code {raw}") if part.texts is not None else None
    value = raw * part.scale + part.offset
    return Reading(identity, part.name, value, part.unit, part.path, part.field, text)
