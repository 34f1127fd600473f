"""A small processor: what the workers do with the pure stream, without engines.

It sorts and deduplicates what arrives, folds it, keeps a state per hour, and folds a device again
from the last such state when something late comes.
"""

from collections.abc import Iterable, Sequence

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.stream.contract import Concluded, Output
from milepost.stream.pipeline import (
    DeviceState,
    advance,
    decode_state,
    encode_state,
    in_order,
    initial_state,
    open_outputs,
)

HOUR_MS = 3_600_000

Key = tuple[str, object, object]


def key_of(output: Output) -> Key:
    match output:
        case Trip() | Stop():
            return (type(output).__name__, output.start_time, None)
        case Rollup():
            return ("Rollup", output.bucket_start_ms, None)
        case Event():
            return (output.kind, output.fix_time, output.detail.get("alarm"))


class Driver:
    def __init__(self, thresholds: Thresholds, *, chunk: int | None = None) -> None:
        self.thresholds = thresholds
        self.chunk = chunk
        self.state = initial_state()
        self.anchors: list[DeviceState] = [self.state]
        self.stored: list[Position] = []
        self.concluded: list[Concluded] = []

    def take(self, batch: Iterable[Position]) -> None:
        batch = list(batch)
        fresh, late = in_order(self.state.last_fix_time_ms, batch)
        news = [position for position in late if position not in self.stored]
        self.stored += batch
        if news:
            self._refold(news[0].fix_time_ms)
        else:
            self._fold(fresh)

    def restart(self) -> None:
        self.state = decode_state(encode_state(self.state))
        self.anchors = [decode_state(encode_state(anchor)) for anchor in self.anchors]

    def conclusions(self) -> dict[Key, Output]:
        """Everything concluded by key, the last of a key; then what is open."""
        outputs = [each.output for each in self.concluded] + open_outputs(self.state)
        return {key_of(output): output for output in outputs}

    def _refold(self, before_ms: int) -> None:
        self.anchors = [each for each in self.anchors if each.last_fix_time_ms < before_ms]
        self.state = self.anchors[-1]
        boundary_ms = self.state.last_fix_time_ms
        self.concluded = [
            each for each in self.concluded if each.decided_fix_time_ms <= boundary_ms
        ]
        self._fold(in_order(boundary_ms, self.stored)[0])

    def _fold(self, positions: Sequence[Position]) -> None:
        for run in _runs(positions, self.chunk or len(positions)):
            if run[0].fix_time_ms // HOUR_MS != self.state.last_fix_time_ms // HOUR_MS:
                self.anchors.append(self.state)
            self.state, concluded = advance(self.state, run, self.thresholds)
            self.concluded += concluded


def _runs(positions: Sequence[Position], most: int) -> Iterable[Sequence[Position]]:
    start = 0
    for end in range(1, len(positions) + 1):
        is_full = end - start == most
        if (
            end == len(positions)
            or is_full
            or positions[end].fix_time_ms // HOUR_MS != positions[start].fix_time_ms // HOUR_MS
        ):
            yield positions[start:end]
            start = end
