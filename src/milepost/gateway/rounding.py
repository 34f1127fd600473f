"""Rounds a position's numbers to the decimals that are kept of them.

This happens before the fold and before the store: a fold of stored rows gives what the first fold
gave.
"""

from msgspec.structs import astuple, replace

from milepost.domain.bounds import DECIMALS
from milepost.domain.position import Position

_SCALES = tuple(
    (Position.__struct_fields__.index(name), name, 10.0**decimals)
    for name, decimals in DECIMALS.items()
)


def rounded(position: Position) -> Position:
    """The position with every number at its decimals; the same object if they all are.

    The numbers must lie within `domain.bounds`.
    """
    values = astuple(position)
    changed = {}
    for place, name, scale in _SCALES:
        value = values[place]
        if value is not None:
            kept = round(value * scale) / scale
            if kept != value:
                changed[name] = kept
    return replace(position, **changed) if changed else position
