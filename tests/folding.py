"""What the pure fold makes of positions, for tests that ask for outputs and not for when."""

from collections.abc import Sequence

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.stream import pipeline
from milepost.stream.contract import Output
from milepost.stream.pipeline import DeviceState


def advance(
    state: DeviceState, positions: Sequence[Position], thresholds: Thresholds
) -> tuple[DeviceState, list[Output]]:
    """The new state, and the outputs in the order in which they were drawn."""
    state, concluded = pipeline.advance(state, positions, thresholds)
    return state, [each.output for each in concluded]
