"""The same positions give the same conclusions, however they arrive."""

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.stream import pipeline
from milepost.stream.contract import Concluded, Output
from milepost.stream.pipeline import (
    decode_state,
    encode_state,
    in_order,
    initial_state,
    open_outputs,
)
from tests.folding import advance
from tests.stream.driver import Driver, Key, key_of
from tests.stream.histories import days, wild

THRESHOLDS = Thresholds()
histories = st.one_of(wild(), days())


def in_one_go(history: list[Position]) -> dict[Key, Output]:
    state, outputs = advance(initial_state(), in_order(-1, history)[0], THRESHOLDS)
    return {key_of(output): output for output in outputs + open_outputs(state)}


def total(outputs: Sequence[Output], field: str) -> float:
    return sum(getattr(output, field) for output in outputs)


@given(histories, st.data())
def test_shuffled_duplicated_batched_and_restarted(
    history: list[Position], data: st.DataObject
) -> None:
    doubled = history + [p for p in history if data.draw(st.booleans())][:10]
    arrivals = data.draw(st.permutations(doubled))
    driver = Driver(THRESHOLDS, chunk=data.draw(st.sampled_from([1, 3, None])))
    while arrivals:
        size = data.draw(st.integers(1, 20))
        driver.take(arrivals[:size])
        arrivals = arrivals[size:]
        if data.draw(st.booleans()):
            driver.restart()
    assert driver.conclusions() == in_one_go(history)


@given(histories, st.integers(1, 7))
def test_mostly_in_order_with_late_packets(history: list[Position], size: int) -> None:
    batches = [history[start : start + size] for start in range(0, len(history), size)]
    driver = Driver(THRESHOLDS)
    for late_and_next in zip(batches[1::2], batches[0::2], strict=False):
        for batch in late_and_next:
            driver.take(batch)
    for batch in batches:
        driver.take(batch)
    assert driver.conclusions() == in_one_go(history)


@given(histories)
def test_cuts_and_encoding_change_neither_state_nor_outputs(history: list[Position]) -> None:
    ordered = in_order(-1, history)[0]
    whole, whole_outputs = advance(initial_state(), ordered, THRESHOLDS)
    state, outputs = initial_state(), []
    for position in ordered:
        before = encode_state(state)
        after, more = advance(state, [position], THRESHOLDS)
        assert encode_state(state) == before, "the given state was changed"
        outputs += more
        state = decode_state(encode_state(after))
        assert state == after
    assert state == whole
    assert sorted(outputs, key=repr) == sorted(whole_outputs, key=repr)


@given(histories)
def test_what_decided_an_output_is_a_fix_and_not_the_end_of_a_run(history: list[Position]) -> None:
    """Late data withdraws what was decided after it; totals are not withdrawn but replaced."""
    ordered = in_order(-1, history)[0]
    expected, state = [], initial_state()
    for position in ordered:
        state, outputs = advance(state, [position], THRESHOLDS)
        expected += [Concluded(output, position.fix_time_ms) for output in outputs]
    _, concluded = pipeline.advance(initial_state(), ordered, THRESHOLDS)
    assert withdrawn_by_late_data(concluded) == withdrawn_by_late_data(expected)


def withdrawn_by_late_data(concluded: Sequence[Concluded]) -> list[str]:
    return sorted(repr(each) for each in concluded if not isinstance(each.output, Rollup))


@given(histories)
def test_trips_and_totals_agree(history: list[Position]) -> None:
    outputs = list(in_one_go(history).values())
    trips = [each for each in outputs if isinstance(each, Trip)]
    stops = [each for each in outputs if isinstance(each, Stop)]
    rollups = [each for each in outputs if isinstance(each, Rollup)]
    for field in ("distance_m", "driving_s", "idling_s"):
        in_journeys = total(trips, field) + total(stops, field)
        assert total(rollups, field) == pytest.approx(in_journeys)
    assert sum(each.position_count for each in rollups) == len(in_order(-1, history)[0])
    fastest = max((each.max_speed_kmh for each in trips), default=0.0)
    assert max((each.max_speed_kmh for each in rollups), default=0.0) >= fastest


@given(histories)
def test_journeys_follow_each_other_without_a_hole(history: list[Position]) -> None:
    outputs = list(in_one_go(history).values())
    journeys = [each for each in outputs if isinstance(each, (Trip, Stop))]
    towed = [each.fix_time for each in outputs if isinstance(each, Event) and each.kind == "towed"]
    journeys.sort(key=lambda each: each.start_time)
    for earlier, later in itertools.pairwise(journeys):
        assert earlier.end_time is not None
        assert earlier.start_time < earlier.end_time <= later.start_time
        # While it is towed it is neither on a trip nor in a place.
        is_towed = any(earlier.end_time <= time <= later.start_time for time in towed)
        assert is_towed or earlier.end_time == later.start_time


@given(histories)
def test_trip_durations_are_driving_and_idling(history: list[Position]) -> None:
    for trip in in_one_go(history).values():
        if isinstance(trip, Trip) and trip.end_time is not None:
            duration_s = (trip.end_time - trip.start_time).total_seconds()
            is_unseen = trip.start_explanation.reason == "data_gap"
            known_s = trip.driving_s + trip.idling_s
            assert is_unseen or math.isclose(known_s, duration_s), trip


@given(histories)
def test_an_open_journey_keeps_its_key_until_it_is_concluded(history: list[Position]) -> None:
    """What was shown as going on is later told with the same start: no orphans in the store."""
    state, shown, concluded = initial_state(), set(), {}
    for position in in_order(-1, history)[0]:
        state, outputs = advance(state, [position], THRESHOLDS)
        concluded |= {key_of(output): output for output in outputs}
        shown |= {key_of(output) for output in open_outputs(state)}
    still_open = {key_of(output) for output in open_outputs(state)}
    assert shown <= concluded.keys() | still_open


@settings(max_examples=20)
@given(histories)
def test_position_limit_of_state(history: list[Position]) -> None:
    """A state stays small: it is written every hour and every second."""
    state, _ = advance(initial_state(), in_order(-1, history)[0], THRESHOLDS)
    assert len(encode_state(state)) < 16_000
