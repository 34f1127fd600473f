"""Which wires are believed to be the ignition, and what is told of those that are not."""

from milepost.domain.position import Position
from milepost.domain.trip import Event, Place
from milepost.stream.contract import Output
from tests.stream.steps.test_trips import M_PER_DEG, at, drive, fold, stand, time_at, trips

ON, OFF = {"ignition": True}, {"ignition": False}


def events(outputs: list[Output], kind: str) -> list[Event]:
    return [each for each in outputs if isinstance(each, Event) and each.kind == kind]


def test_a_wire_that_is_off_while_the_vehicle_drives_is_no_ignition() -> None:
    """Connected the wrong way round: on while it stands, off while it drives; 3 km each time."""
    history = stand(0, 900, 0, **ON) + drive(900, 1200, **OFF) + stand(1200, 2100, 3000, **ON)
    history += drive(2100, 2400, 3000, **OFF) + stand(2400, 3300, 6000, **ON)
    first, second = trips(fold(history))
    assert round(first.distance_m) >= 2500  # it was a tow until 200 m of it were driven
    assert round(second.distance_m) == 3000
    assert second.start_explanation.reason == "motion_began"


def test_a_wire_that_was_off_for_ten_minutes_at_rest_may_be_towed() -> None:
    history = stand(0, 60, 0, **ON) + stand(60, 670, 0, **OFF) + drive(670, 970, **OFF)
    outputs = fold(history + stand(970, 1500, 3000, **OFF))
    assert trips(outputs) == []
    assert len(events(outputs, "towed")) == 1


def test_half_an_hour_of_driving_with_it_off_is_told_once_with_the_place() -> None:
    history = stand(0, 60, 0, **ON) + drive(60, 660, **ON) + stand(660, 1500, 6000, **OFF)
    history += drive(1500, 1500 + 2400, 6000, **OFF)
    (told,) = events(fold(history), "ignition_unreliable")
    # Legs are driven from the first one on; 180 of 10 s are half an hour.
    assert told.fix_time == time_at(1500 + 1800)
    assert told.place == Place((6000 + 18_000) / M_PER_DEG, 7.0)
    assert told.detail == {"reported": "off while it drives"}


def test_a_day_of_standing_with_it_on_is_told_once() -> None:
    history = stand(0, 60, 0, **ON) + drive(60, 660, **ON)
    history += [at(660 + 600 * i, 6000, speed_kmh=0.0, **ON) for i in range(1, 160)]
    (told,) = events(fold(history), "ignition_unreliable")
    assert told.fix_time == time_at(660 + 86_400)
    assert told.detail == {"reported": "on while it stands"}


def test_changes_are_told_where_they_were_reported() -> None:
    history = [*stand(0, 20, 0, **OFF), Position(at(30, 0).fix_time_ms, ignition=True)]
    history += stand(30, 40, 0, **OFF)
    outputs = fold(history)
    (on,), (off,) = events(outputs, "ignition_on"), events(outputs, "ignition_off")
    assert (on.fix_time, on.place, on.detail) == (time_at(30), None, {})
    assert (off.fix_time, off.place) == (time_at(40), Place(0.0, 7.0))
