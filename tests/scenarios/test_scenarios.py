from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from milepost.domain.trip import Event, Stop, Trip
from milepost.stream.pipeline import in_order, initial_state, open_outputs
from tests.folding import advance
from tests.scenarios.reading import clock, names, read
from tests.stream.driver import Driver


@pytest.mark.parametrize("name", names())
def test_scenario(name: str) -> None:
    scenario, positions, thresholds = read(name)
    driver = Driver(thresholds)
    for start in range(0, len(positions), 5):
        driver.take(positions[start : start + 5])
    outputs = list(driver.conclusions().values())
    trips = [each for each in outputs if isinstance(each, Trip)]
    stops = [each for each in outputs if isinstance(each, Stop)]
    events = [each for each in outputs if isinstance(each, Event)]
    compare(sorted(trips, key=lambda each: each.start_time), scenario.trips)
    compare(sorted(stops, key=lambda each: each.start_time), scenario.stops)
    compare(sorted(events, key=lambda each: (each.fix_time, each.kind)), scenario.events)


@pytest.mark.parametrize("name", names())
def test_the_state_says_how_it_ends(name: str) -> None:
    scenario, positions, thresholds = read(name)
    state, _ = advance(initial_state(), in_order(-1, positions)[0], thresholds)
    is_on_trip = any(isinstance(each, Trip) for each in open_outputs(state))
    ends_open = bool(scenario.trips) and "end" not in scenario.trips[-1]
    assert is_on_trip == ends_open
    assert state.odometer_m == pytest.approx(driven_m(positions, thresholds), rel=1e-9)


def driven_m(positions: Any, thresholds: Any) -> float:
    state, outputs = advance(initial_state(), in_order(-1, positions)[0], thresholds)
    outputs += open_outputs(state)
    return sum(each.distance_m for each in outputs if isinstance(each, Trip))


def compare(found: Sequence[Trip | Stop | Event], expected: Sequence[dict[str, Any]]) -> None:
    assert [facts(each, wanted) for each, wanted in zip(found, expected, strict=False)] == [
        {key: tolerant(key, value) for key, value in wanted.items()} for wanted in expected
    ]
    assert len(found) == len(expected), found[len(expected) :]


def facts(output: Trip | Stop | Event, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the expectation names, read from the output; `end` always, for open ones."""
    names = {"start": "start_time", "end": "end_time", "at": "fix_time"}
    known: dict[str, Any] = {}
    for key in wanted:
        if key == "start_reason" and not isinstance(output, Event):
            known[key] = output.start_explanation.reason
        elif key == "end_reason" and not isinstance(output, Event):
            known[key] = output.end_explanation and output.end_explanation.reason
        elif key == "reason" and isinstance(output, Event):
            known[key] = output.detail["reason"]
        else:
            known[key] = getattr(output, names.get(key, key))
    if not isinstance(output, Event) and "end" not in wanted and output.end_time is not None:
        known["end"] = output.end_time
    return known


def tolerant(key: str, value: Any) -> Any:
    if key in {"start", "end", "at"}:
        moment: datetime = clock(value)
        return moment
    if isinstance(value, float) or key.endswith("_m"):
        return pytest.approx(value, rel=0.02, abs=5.0)
    return value
