"""Idling: standing with the engine on for long enough, told from its beginning to its end."""

import pytest

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Place
from milepost.stream.pipeline import advance, initial_state
from tests.stream.steps.test_trips import at, drive, fold, stand, time_at

ON, OFF = {"ignition": True}, {"ignition": False}
Told = tuple[str, float, float]


def told(outputs: list[object]) -> list[Told]:
    begin_s = time_at(0).timestamp()
    return [
        (each.kind, each.fix_time.timestamp() - begin_s, float(each.detail["idling_s"] or 0))
        for each in outputs
        if isinstance(each, Event) and each.kind.startswith("idling")
    ]


def test_it_is_told_after_its_least_duration_from_where_it_began() -> None:
    """Standing with the engine on from 10 s to 130 s, then off."""
    outputs = fold(stand(0, 130, 0, **ON) + stand(130, 200, 0, **OFF))
    assert told(list(outputs)) == [("idling_started", 10, 60), ("idling_ended", 140, 130)]
    (place, *_) = [each.place for each in outputs if isinstance(each, Event) and each.place]
    assert place == Place(0.0, 7.0)


def test_a_shorter_one_is_not_told() -> None:
    assert told(list(fold(stand(0, 50, 0, **ON) + stand(50, 200, 0, **OFF)))) == []


def test_it_ends_at_the_last_fix_before_it_drives() -> None:
    outputs = fold(stand(0, 130, 0, **ON) + drive(130, 400, **ON))
    assert told(list(outputs)) == [("idling_started", 10, 60), ("idling_ended", 130, 120)]


def test_when_another_device_counts_it_is_over_where_it_was_seen_last() -> None:
    state, begun = advance(initial_state(), stand(0, 130, 0, **ON), Thresholds())
    others = stand(130, 300, 0, **ON)
    state, ceased = advance(state, others, Thresholds(), counts=False)
    assert told([each.output for each in begun]) == [("idling_started", 10, 60)]
    assert told([each.output for each in ceased]) == [("idling_ended", 130, 120)]
    assert [each.decided_fix_time_ms for each in ceased if told([each.output])] == [
        others[0].fix_time_ms
    ]
    _, later = advance(state, stand(300, 600, 0, **ON), Thresholds(), counts=False)
    assert told([each.output for each in later]) == []


@pytest.mark.parametrize("history", [stand(0, 40, 0, **ON), drive(0, 130, **ON)])
def test_what_was_not_told_does_not_end_when_another_device_counts(history: list[Position]) -> None:
    state, _ = advance(initial_state(), history, Thresholds())
    _, ceased = advance(state, [at(500, 0, speed_kmh=0.0, **ON)], Thresholds(), counts=False)
    assert told([each.output for each in ceased]) == []
