"""The only fold: positions in order, each under the policy of its time, over a device's state.

Live data, late data, rebuilding and dry runs all go through it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.stream.contract import Concluded
from milepost.stream.pipeline import DeviceState, advance

HOUR_MS = 3_600_000


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """The state before the first position of an hour of fix time: folding anew begins there."""

    hour: int
    state: DeviceState


class Fold:
    """A fold in progress.

    `state` has seen everything so far. `concluded` and `anchors` (by hour) grow with each run.
    """

    __slots__ = ("_policy", "anchors", "concluded", "state")

    def __init__(self, state: DeviceState, policy: Policy) -> None:
        self.state = state
        self.concluded: list[Concluded] = []
        self.anchors: dict[int, Anchor] = {}
        self._policy = policy

    def run(self, positions: Sequence[Position]) -> None:
        """Advance over positions that are in order and all later than what the state has seen."""
        for hour, run in _hours(positions):
            if hour != self.state.last_fix_time_ms // HOUR_MS:
                self.anchors[hour] = Anchor(hour, self.state)
            for part in self._policy.parts(run):
                self.state, concluded = advance(
                    self.state,
                    part.positions,
                    part.thresholds,
                    counts=part.counts,
                    odometers=self._policy.odometers,
                )
                self.concluded += concluded


def _hours(positions: Sequence[Position]) -> Iterable[tuple[int, Sequence[Position]]]:
    """Ordered positions cut where an hour of fix time begins, each with its hour's number."""
    if not positions:
        return ()
    first, last = positions[0].fix_time_ms // HOUR_MS, positions[-1].fix_time_ms // HOUR_MS
    return ((first, positions),) if first == last else _cut_by_hour(positions)


def _cut_by_hour(positions: Sequence[Position]) -> Iterable[tuple[int, Sequence[Position]]]:
    start = 0
    for end in range(1, len(positions) + 1):
        hour = positions[start].fix_time_ms // HOUR_MS
        if end == len(positions) or positions[end].fix_time_ms // HOUR_MS != hour:
            yield hour, positions[start:end]
            start = end
