"""The mobile cells in H02's text frames; a list of another form stays as it came.

Source: captured frames of NBR, V3 and VP1; the strengths have a scale of each maker's own and are
left out where they are not in dBm.
"""

from collections.abc import Iterable, Sequence

from milepost.protocols.h02.fields import COUNTRIES
from milepost.protocols.wire.radio import cell_text, joined

_Cell = tuple[int, int, int | None]
_NBR_CELL, _V3_CELL, _VP1_CELL = 3, 4, 3


def cell_after_status(fields: Sequence[str]) -> str | None:
    """Country, network, area, cell behind a fix: decimal, or hex where the country is not."""
    if len(fields) < 4:
        return None
    base = 10 if fields[0].isdecimal() and int(fields[0]) in COUNTRIES else 16
    try:
        country, network, area, cell = (int(field, base) for field in fields[:4])
    except ValueError:
        return None
    if country not in COUNTRIES or network < 0 or area <= 0 or cell <= 0:
        return None
    return cell_text(country, network, area, cell)


def cells_of_nbr(fields: Sequence[str]) -> dict[str, str]:
    """Country, network, timing advance, a count, then area, cell and strength each."""
    try:
        country, network, _, count = (int(field) for field in fields[:4])
        cells = [_cell(part) for part in _parts(fields[4:], _NBR_CELL)][:count]
    except ValueError:
        return _unread(fields)
    return _attributes(country, network, cells, fields)


def cells_of_v3(fields: Sequence[str]) -> dict[str, str]:
    """Country and network in one, a count, then area, cell, level and dBm each; battery in hex."""
    try:
        operator, count = fields[0], int(fields[1])
        country, network = int(operator[:3]), int(operator[3:])
        end = 2 + count * _V3_CELL
        cells = [_cell((*part[:2], part[3])) for part in _parts(fields[2:end], _V3_CELL)]
    except (ValueError, IndexError):
        return _unread(fields)
    attributes = _attributes(country, network, cells, fields)
    if any(fields[end:]):
        attributes["extra"] = ",".join(fields[end:])
    return attributes


def cells_of_vp1(fields: Sequence[str]) -> dict[str, str]:
    """Validity, country, network, then area, cell and strength each, separated by Y."""
    try:
        country, network = (int(field) for field in fields[1:3])
        parts = ",".join(fields[3:]).split("Y")
        cells = [_cell(part.split(",")) for part in parts]
    except (ValueError, IndexError):
        return _unread(fields)
    return _attributes(country, network, cells, fields)


def _parts(fields: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (fields[at : at + size] for at in range(0, len(fields) - size + 1, size))


def _cell(part: Sequence[str]) -> _Cell:
    strength = int(part[2]) if len(part) > 2 and part[2] else 0
    return int(part[0]), int(part[1]), strength if strength < 0 else None


def _attributes(
    country: int, network: int, cells: Iterable[_Cell], fields: Sequence[str]
) -> dict[str, str]:
    if country not in COUNTRIES:
        return _unread(fields)
    known = [cell_text(country, network, *cell) for cell in cells if cell[0] and cell[1]]
    return {"cells": joined(known)} if known else _unread(fields)


def _unread(fields: Sequence[str]) -> dict[str, str]:
    return {"network": ",".join(fields)}
