"""Every limit that an explanation lists was reached by what it says was measured."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Explanation, Stop, Trip
from milepost.simulator.world.world import World
from milepost.stream.contract import Output
from milepost.stream.pipeline import in_order, initial_state, open_outputs
from tests.folding import advance
from tests.stream.histories import days, wild

# What is compared with each limit, as the documentation has it. All are least values.
COMPARED = {
    "trip_min_distance_m": {"distance_m"},
    "trip_min_duration_s": {"duration_s"},
    "moving_min_distance_m": {"departure_displacement_m", "displacement_m"},
    "moving_min_speed_kmh": {"departure_speed_kmh"},
    "stop_min_duration_s": {"halt_s"},
    "ignition_off_min_duration_s": {"off_s"},
    "gap_min_duration_s": {"gap_s"},
    "jump_max_speed_kmh": {"speed_kmh"},
}
# A journey that began or ended for one of these reasons has to name that limit.
DECISIVE = {
    "ignition_off": "ignition_off_min_duration_s",
    "data_gap": "gap_min_duration_s",
    "position_jump": "jump_max_speed_kmh",
}


def explanations(positions: Sequence[Position]) -> Iterator[tuple[Output, Explanation]]:
    ordered, _ = in_order(-1, positions)
    state, outputs = advance(initial_state(), ordered, Thresholds())
    for output in (*outputs, *open_outputs(state)):
        if isinstance(output, Trip | Stop):
            yield output, output.start_explanation
            if output.end_explanation is not None:
                yield output, output.end_explanation


def assert_true(positions: Sequence[Position]) -> int:
    told = 0
    for output, why in explanations(positions):
        told += 1
        for name, limit in why.thresholds.items():
            values = [why.measured[of] for of in COMPARED[name] & why.measured.keys()]
            assert values, (output, why)
            assert all(value >= limit for value in values), (output, why)
        needed = DECISIVE.get(why.reason)
        assert needed is None or needed in why.thresholds, (output, why)
    for output, why in explanations(positions):
        if isinstance(output, Trip) and why is output.start_explanation and not output.has_gap:
            assert {"trip_min_distance_m", "trip_min_duration_s"} <= why.thresholds.keys()
    return told


@given(st.one_of(wild(), days()))
def test_of_whatever_a_device_may_report(positions: list[Position]) -> None:
    assert_true(positions)


@pytest.mark.parametrize("seed", [1, 2])
def test_of_a_day_of_a_mixed_fleet(seed: int) -> None:
    told = 0
    for vehicle in World.make(seed, 12, datetime(2026, 11, 2, tzinfo=UTC), 1):
        told += assert_true([report.position for report in vehicle.reports])
    assert told > 100
