"""Details of trips that the scenarios do not tell."""

from datetime import UTC, datetime

import pytest

from milepost.domain.policy import Policy
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event, Rollup, Stop, Trip
from milepost.stream.contract import Output
from milepost.stream.fold import Fold
from milepost.stream.pipeline import initial_state, open_outputs
from tests.folding import advance

M_PER_DEG = 111_195.08
START_MS = 1_700_000_400_000


def at(seconds: int, north_m: float, **measured: object) -> Position:
    return Position(START_MS + seconds * 1000, north_m / M_PER_DEG, 7.0, **measured)  # type: ignore[arg-type]


def time_at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)


def drive(begin_s: int, end_s: int, from_m: float = 0.0, **measured: object) -> list[Position]:
    """10 m/s, a report each 10 s, the first 10 s after the beginning."""
    return [
        at(second, from_m + 10.0 * (second - begin_s), speed_kmh=36.0, **measured)
        for second in range(begin_s + 10, end_s + 1, 10)
    ]


def stand(begin_s: int, end_s: int, at_m: float, **measured: object) -> list[Position]:
    return [at(s, at_m, speed_kmh=0.0, **measured) for s in range(begin_s + 10, end_s + 1, 10)]


def fold(positions: list[Position], **thresholds: float | bool) -> list[Output]:
    limits = Thresholds(**thresholds)  # type: ignore[arg-type]
    state, outputs = advance(initial_state(), positions, limits)
    return outputs + open_outputs(state)


def trips(outputs: list[Output]) -> list[Trip]:
    return [each for each in outputs if isinstance(each, Trip)]


def test_explains_why_it_started_and_ended() -> None:
    (trip,) = trips(fold(stand(0, 60, 0) + drive(60, 360) + stand(360, 700, 3000)))
    assert trip.start_explanation.reason == "motion_began"
    assert trip.start_explanation.measured["distance_m"] >= 300.0
    assert trip.start_explanation.thresholds["trip_min_distance_m"] == 300.0
    assert trip.end_explanation is not None
    assert trip.end_explanation.reason == "motion_ended"
    assert trip.end_explanation.measured == {"halt_s": 300.0}
    assert trip.end_explanation.thresholds == {"stop_min_duration_s": 300.0}
    assert trip.end_explanation.decided_fix_time_ms == START_MS + 670_000


@pytest.mark.parametrize(("stop_s", "count"), [(290, 1), (310, 2)])
def test_only_a_long_enough_halt_parts_trips(stop_s: int, count: int) -> None:
    history = stand(0, 60, 0) + drive(60, 360)
    history += stand(360, 370 + stop_s, 3000) + drive(370 + stop_s, 900, 3000)
    assert len(trips(fold(history))) == count


def test_a_vehicles_own_thresholds_count() -> None:
    history = stand(0, 60, 0) + drive(60, 360) + stand(360, 560, 3000) + drive(560, 860, 3000)
    assert len(trips(fold(history))) == 1
    assert len(trips(fold(history, stop_min_duration_s=120.0))) == 2


def test_a_move_too_short_for_a_trip_is_driven_within_the_stop() -> None:
    outputs = fold(stand(0, 60, 0) + drive(60, 80) + stand(80, 500, 200))
    assert trips(outputs) == []
    (stop,) = [each for each in outputs if isinstance(each, Stop)]
    assert stop.end_time is None
    # The leg to the first fix that stands counts as driving.
    assert (stop.distance_m, stop.driving_s) == (pytest.approx(200, abs=0.1), 30.0)
    assert sum(each.distance_m for each in outputs if isinstance(each, Rollup)) == stop.distance_m


def test_ignition_off_while_rolling_does_not_part_a_trip() -> None:
    history = stand(0, 60, 0, ignition=False) + drive(60, 360, ignition=True)
    history += drive(360, 380, 3000, ignition=False) + drive(380, 700, 3200, ignition=True)
    (trip,) = trips(fold(history))
    assert trip.end_time is None


def test_ignition_that_is_not_to_be_used_is_not() -> None:
    history = stand(0, 30, 0, ignition=True)  # a wire that was never on is not believed
    history += stand(30, 660, 0, ignition=False) + drive(660, 960, ignition=False)
    assert trips(fold(history)) == []
    (trip,) = trips(fold(history, use_ignition=False))
    assert trip.start_explanation.reason == "motion_began"


def test_ignition_off_in_a_garage_without_reception() -> None:
    history = stand(0, 60, 0, ignition=False) + drive(60, 360, ignition=True)
    history += [Position(START_MS + s * 1000, ignition=False) for s in (400, 500, 700)]
    (trip,) = trips(fold(history))
    assert trip.end_time is not None
    assert trip.end_time.timestamp() * 1000 == START_MS + 360_000
    assert trip.end_explanation is not None
    assert trip.end_explanation.reason == "ignition_off"
    assert trip.end_explanation.measured == {"unseen_s": 340.0, "off_s": 300.0}


def test_fuel_of_a_trip_and_of_buckets() -> None:
    history = stand(0, 60, 0, fuel_used_l=100.0)
    history += [at(60 + 10 * i, 100.0 * i, speed_kmh=36.0, fuel_used_l=100 + i) for i in range(60)]
    history += stand(650, 1000, 5900, fuel_used_l=160.0)
    outputs = fold(history)
    (trip,) = trips(outputs)
    assert trip.fuel_used_l == pytest.approx(60.0)
    used = sum(each.fuel_used_l for each in outputs if isinstance(each, Rollup))
    assert used == pytest.approx(60.0)


def test_a_drive_around_the_block_within_a_halt_is_driving_when_the_ignition_is_on() -> None:
    """It never gets 150 m away from where it rested, but drives 400 m without a pause."""
    history = stand(0, 60, 0, ignition=True) + drive(60, 360, ignition=True)
    history += stand(360, 380, 3000, ignition=True)
    for lap in range(4):
        start = 380 + 20 * lap
        history += [
            at(start + 10, 3100, speed_kmh=36.0, ignition=True),
            at(start + 20, 3000, speed_kmh=36.0, ignition=True),
        ]
    history += stand(460, 1000, 3000, ignition=False)
    (trip,) = trips(fold(history))
    assert trip.distance_m == pytest.approx(3900.0, rel=0.03)


def test_creeping_out_of_a_halt_is_counted_by_displacement() -> None:
    """At 4 km/h no leg counts by itself; when it has left its place, the way from there does."""
    history = stand(0, 60, 0, ignition=True) + drive(60, 360, ignition=True)
    history += [
        at(360 + 10 * i, 3000 + 11.0 * i, speed_kmh=4.0, ignition=True) for i in range(1, 15)
    ]
    history += drive(500, 600, 3154, ignition=True) + stand(600, 700, 4154, ignition=False)
    (trip,) = trips(fold(history))
    assert trip.distance_m == pytest.approx(4154.0, rel=0.005)


def test_a_trip_that_goes_on_is_shown_without_an_end() -> None:
    history = stand(0, 60, 0) + drive(60, 360)
    state, _ = advance(initial_state(), history, Thresholds())
    shown = [each for each in open_outputs(state) if isinstance(each, (Trip, Stop))]
    (trip,) = shown
    assert isinstance(trip, Trip)
    assert trip.end_time is None
    assert trip.end_explanation is None
    assert trip.distance_m == pytest.approx(3000.0, rel=1e-3)


def test_an_alarm_is_told_when_it_begins() -> None:
    alarms = [None, "sos", "sos", None, "sos", "tow"]
    history = [at(10 * i, 0, alarm=alarm) for i, alarm in enumerate(alarms)]
    told = [each.detail["alarm"] for each in fold(history) if isinstance(each, Event)]
    assert told == ["sos", "sos", "tow"]


def test_a_bucket_is_told_once_it_can_no_longer_change() -> None:
    history = stand(0, 590, 0) + drive(590, 700)
    state, outputs = advance(initial_state(), history, Thresholds())
    closed = [each for each in outputs if isinstance(each, Rollup)]
    still_open = [each for each in open_outputs(state) if isinstance(each, Rollup)]
    assert [each.position_count for each in closed + still_open] == [59, 11]


@pytest.mark.parametrize("ignition", [None, True, False])
def test_a_tracker_that_falls_asleep_at_the_halt(ignition: bool | None) -> None:
    """The halt was seen before the silence, so the silence is the stop's and not the trip's."""
    history = stand(0, 60, 0) + drive(60, 360) + stand(360, 380, 3000)
    history += [at(9000, 3005, speed_kmh=0.0, ignition=ignition)]
    outputs = fold(history)
    (trip,) = trips(outputs)
    assert trip.end_explanation is not None
    assert trip.end_explanation.reason == "motion_ended"
    assert not trip.has_gap
    stop = [each for each in outputs if isinstance(each, Stop)][-1]
    assert stop.has_gap
    assert stop.start_time == trip.end_time


def test_a_silence_that_begins_while_driving_ends_the_trip_at_the_last_fix() -> None:
    history = stand(0, 60, 0) + drive(60, 360) + stand(8990, 9000, 3040)
    (trip,) = trips(fold(history))
    assert trip.end_explanation is not None
    assert trip.end_explanation.reason == "data_gap"
    assert trip.has_gap
    assert trip.end_time is not None
    assert trip.end_time.timestamp() * 1000 == START_MS + 360_000


def test_one_report_at_the_destination_and_one_after_a_long_sleep_make_a_trip() -> None:
    history = [*stand(0, 60, 0), at(300, 2000, speed_kmh=0.0), at(9000, 2000, speed_kmh=0.0)]
    (trip,) = trips(fold(history))
    assert trip.distance_m == pytest.approx(2000.0, rel=1e-3)
    assert trip.driving_s == 240.0


def test_the_silence_itself_is_neither_driving_nor_idling() -> None:
    history = stand(0, 60, 0, ignition=True) + stand(8990, 9000, 0, ignition=True)
    outputs = fold(history)
    idled_s = sum(each.idling_s for each in outputs if isinstance(each, Rollup))
    assert idled_s == 50.0


def test_a_stop_is_not_shown_while_the_trip_in_doubt_began_with_it() -> None:
    """Confirmed, that trip leaves no stop before it: one shown in between would be an orphan."""
    history = [at(0, 0, speed_kmh=0.0), at(60, 400, speed_kmh=0.0)]
    doubtful = fold(history)
    assert [each for each in doubtful if isinstance(each, Stop)] == []
    (trip,) = trips(fold([*history, at(90, 400, speed_kmh=0.0)]))
    assert trip.start_time.timestamp() * 1000 == START_MS


def test_the_trip_of_a_device_ends_where_another_begins_to_count() -> None:
    """It drives for ten minutes at 10 m/s, and counts for the first five and the last three."""
    history = stand(0, 60, 0) + drive(60, 660)
    turns_ms = (at(360, 0).fix_time_ms, at(480, 0).fix_time_ms)
    fold = Fold(initial_state(), Policy(Thresholds(), turns_ms=turns_ms))
    fold.run(history)
    outputs = [each.output for each in fold.concluded] + open_outputs(fold.state)
    first, second = trips(outputs)
    assert first.end_explanation is not None
    assert first.end_explanation.reason == "primary_changed"
    # Its last fix before 360 s is at 350 s: 290 s of driving.
    assert first.end_time == time_at(350)
    assert first.distance_m == pytest.approx(2900, abs=1)
    # From 480 s on: the first fix begins a stop, the trip is what follows it.
    assert second.start_time == time_at(480)
    assert second.distance_m == pytest.approx(1800, abs=1)
    totals = {each.bucket_start_ms: each for each in outputs if isinstance(each, Rollup)}
    assert sum(each.distance_m for each in totals.values()) == pytest.approx(4700, abs=1)
    # 6 standing, 29 driving before 360 s; 19 from 480 s on.
    assert sum(each.position_count for each in totals.values()) == 6 + 29 + 19


def test_what_a_device_beside_another_reports_concludes_nothing_but_alarms() -> None:
    history = stand(0, 400, 0, ignition=True) + drive(400, 800, ignition=True)
    history += stand(800, 1300, 4000, ignition=False, alarm="sos")
    fold = Fold(initial_state(), Policy(Thresholds(), turns_ms=(0,)))
    fold.run(history)
    outputs = [each.output for each in fold.concluded] + open_outputs(fold.state)
    assert [each.kind for each in outputs if isinstance(each, Event)] == ["alarm"]
    assert not [each for each in outputs if isinstance(each, Trip | Stop)]
    assert sum(each.position_count for each in outputs if isinstance(each, Rollup)) == 0
    assert fold.state.last_fix_time_ms == history[-1].fix_time_ms
    assert fold.state.motion == "stopped"
