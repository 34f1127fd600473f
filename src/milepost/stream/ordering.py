"""The one order of a device's positions, and the removal of exact duplicates."""

from collections.abc import Iterable

from msgspec.structs import astuple

from milepost.domain.position import Position


class _Content:
    """The content of a position, made comparable only when two fix times are equal."""

    __slots__ = ("_key", "_position")

    def __init__(self, position: Position) -> None:
        self._position = position
        self._key: str | None = None

    def key(self) -> str:
        if self._key is None:
            values = [_plain(value) for value in astuple(self._position)]
            self._key = repr([_preference(self._position), values])
        return self._key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self.key() == other.key()

    def __lt__(self, other: "_Content") -> bool:
        return self.key() < other.key()

    def __hash__(self) -> int:
        return hash(self.key())


OrderKey = tuple[int, _Content]


def order_key(position: Position) -> OrderKey:
    """Fix time first, then the content: a total order; only exact duplicates have equal keys."""
    return (position.fix_time_ms, _Content(position))


def in_order(
    last_fix_time_ms: int, positions: Iterable[Position]
) -> tuple[list[Position], list[Position]]:
    """What can be folded next, and what came too late for that; each in order, without duplicates.

    A report of the very instant that was folded last counts as late: only folding again from
    before that instant can put it in its place.
    """
    unique: list[Position] = []
    previous: OrderKey | None = None
    for key, position in sorted(
        ((order_key(position), position) for position in positions), key=lambda pair: pair[0]
    ):
        if key != previous:
            unique.append(position)
            previous = key
    late = sum(position.fix_time_ms <= last_fix_time_ms for position in unique)
    return unique[late:], unique[:late]


def _preference(position: Position) -> tuple[bool, float]:
    """Of two places for one instant the one with a speed comes first, and is believed.

    Trackers repeat the place of before in a status, with the time of now and speed 0.
    """
    return position.latitude_deg is None, 9e9 - (position.speed_kmh or 0.0)


def _plain(value: object) -> object:
    """Equal contents look equal: 40 and 40.0, 0.0 and -0.0, a dict in any insertion order."""
    if isinstance(value, (int, float)):
        return float(value) + 0.0
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return sorted((name, _plain(each)) for name, each in value.items())
    return value
