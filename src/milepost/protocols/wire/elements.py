"""Numbered elements: where the raw number of one goes, and in which unit.

A protocol's table maps each of its ids to one of these writers, made once when the module loads.
"""

from collections.abc import Callable

from milepost.protocols.wire.report import FIELD_TYPES, Report

Put = Callable[[Report, int], None]
"""(report, raw unsigned number): puts it where it belongs."""

HIGHEST_J1939: dict[int, int] = {1: 0xFA, 2: 0xFAFF, 4: 0xFAFF_FFFF}
"""Width in bytes to the last number that is a measurement; above are errors and "not available"
(SAE J1939-71, table 1)."""

_Convert = Callable[[int], float | None]


def _convert(scale: float, offset: float, signed_bits: int, highest: int | None) -> _Convert:
    """Raw to the target's unit; None for what is no measurement."""
    sign, modulus = 1 << max(signed_bits - 1, 0), 1 << signed_bits
    plain = scale == 1 and offset == 0

    def convert(raw: int) -> float | None:
        if highest is not None and raw > highest:
            return None
        if signed_bits and raw >= sign:
            raw -= modulus
        return raw if plain else raw * scale + offset

    return convert


def field(
    name: str,
    scale: float = 1,
    offset: float = 0,
    *,
    signed_bits: int = 0,
    highest: int | None = None,
) -> Put:
    """A number for the field `name` of Position: raw times `scale` plus `offset`."""
    convert = _convert(scale, offset, signed_bits, highest)
    kind = FIELD_TYPES[name]

    def put(report: Report, raw: int) -> None:
        value = convert(raw)
        if value is not None:
            report.fields[name] = value if kind is float else kind(value)

    return put


def signal(
    path: str,
    scale: float = 1,
    offset: float = 0,
    *,
    signed_bits: int = 0,
    highest: int | None = None,
) -> Put:
    """A number for a VSS path, which is given without its `Vehicle.`."""
    convert = _convert(scale, offset, signed_bits, highest)
    full_path = f"Vehicle.{path}"

    def put(report: Report, raw: int) -> None:
        value = convert(raw)
        if value is not None:
            report.signals[full_path] = float(value)

    return put


def attribute(
    name: str,
    scale: float = 1,
    offset: float = 0,
    *,
    signed_bits: int = 0,
    highest: int | None = None,
) -> Put:
    """A number for an attribute."""
    if scale == 1 and offset == 0 and not signed_bits and highest is None:
        return _plain_attribute(name)
    convert = _convert(scale, offset, signed_bits, highest)

    def put(report: Report, raw: int) -> None:
        value = convert(raw)
        if value is not None:
            report.attributes[name] = (
                repr(round(value, 6)) if isinstance(value, float) else str(value)
            )

    return put


def _plain_attribute(name: str) -> Put:
    def put(report: Report, raw: int) -> None:
        report.attributes[name] = str(raw)

    return put


def truth(name: str) -> Put:
    """Yes or no for a field of Position: anything but 0 is yes."""

    def put(report: Report, raw: int) -> None:
        report.fields[name] = raw != 0

    return put


def flag(name: str, *, inverted: bool = False) -> Put:
    """Yes or no for an attribute; `inverted`: 0 is yes."""

    def put(report: Report, raw: int) -> None:
        report.attributes[name] = "true" if (raw != 0) != inverted else "false"

    return put


def alarm(name: str, when: Callable[[int], bool] = bool) -> Put:
    """An alarm that is raised if `when` holds for the raw number."""

    def put(report: Report, raw: int) -> None:
        if when(raw):
            report.alarm(name)

    return put


def both(first: Put, second: Put) -> Put:
    """An element that goes to two places."""

    def put(report: Report, raw: int) -> None:
        first(report, raw)
        second(report, raw)

    return put


def numbered(
    make: Callable[[str], Put], template: str, first_id: int, count: int
) -> dict[int, Put]:
    """Elements in a row: `template` has `{}` for their number from 1 on."""
    return {first_id + index: make(template.format(index + 1)) for index in range(count)}
