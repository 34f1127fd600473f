"""An alarm is told when it begins, and again only after it was gone."""

from milepost.domain.position import Position
from milepost.domain.trip import Event, Place
from tests.stream.steps.test_trips import M_PER_DEG, START_MS, at, fold, time_at


def alarms(history: list[Position]) -> list[Event]:
    return [each for each in fold(history) if isinstance(each, Event) and each.kind == "alarm"]


def test_it_is_told_once_with_time_place_and_what_it_is() -> None:
    history = [at(0, 0), at(10, 100, alarm="sos"), at(20, 200, alarm="sos"), at(30, 300)]
    (told,) = alarms(history)
    assert (told.fix_time, told.place) == (time_at(10), Place(100 / M_PER_DEG, 7.0))
    assert told.detail == {"alarm": "sos"}


def test_another_one_and_the_same_one_later_are_told() -> None:
    told = ["sos", "power_cut", None, "sos"]
    history = [at(10 * i, 0, alarm=each) for i, each in enumerate(told)]
    assert [each.detail["alarm"] for each in alarms(history)] == ["sos", "power_cut", "sos"]


def test_without_a_fix_it_has_no_place() -> None:
    (told,) = alarms([Position(START_MS, alarm="sos")])
    assert told.place is None


def test_with_half_a_place_it_has_none() -> None:
    (told,) = alarms([Position(START_MS, latitude_deg=1.0, alarm="sos")])
    assert told.place is None
