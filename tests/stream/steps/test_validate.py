import pytest

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.domain.trip import Event
from milepost.stream.pipeline import DeviceState, initial_state
from tests.folding import advance

GOOD = Position(0, 50.0, 7.0, speed_kmh=30.0)


def fold(*positions: Position) -> tuple[DeviceState, list[str]]:
    state, outputs = advance(initial_state(), positions, Thresholds())
    events = [each for each in outputs if isinstance(each, Event)]
    return state, [str(e.detail["reason"]) for e in events if e.kind == "position_rejected"]


def test_accepts_a_fix() -> None:
    state, rejected = fold(GOOD)
    assert state.last_fix == GOOD
    assert rejected == []


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "reason"),
    [
        (91.0, 7.0, "range"),
        (-90.5, 7.0, "range"),
        (50.0, 1555.0, "range"),
        (50.0, -180.1, "range"),
        (float("nan"), 7.0, "range"),
        (0.0, 0.0, "null_island"),
        (0.002, -0.002, "null_island"),
        (59.0, 7.0, "jump"),
    ],
)
def test_rejects(latitude_deg: float, longitude_deg: float, reason: str) -> None:
    state, rejected = fold(GOOD, Position(60_000, latitude_deg, longitude_deg))
    assert state.last_fix == GOOD
    assert state.last_fix_time_ms == 60_000
    assert rejected == [reason]


def test_a_row_of_null_islands_is_one_event() -> None:
    _, rejected = fold(GOOD, *(Position(1000 * i, 0.0, 0.0) for i in range(1, 9)))
    assert rejected == ["null_island"]


def test_a_fix_that_the_device_calls_invalid_is_a_status() -> None:
    state, rejected = fold(GOOD, Position(60_000, 50.001, 7.0, valid=False, ignition=True))
    assert state.last_fix == GOOD
    assert state.ignition is True
    assert rejected == []


def test_the_second_place_of_an_instant_is_not_counted() -> None:
    state, _ = fold(GOOD, Position(0, 50.0001, 7.0))
    assert state.last_fix == GOOD


def test_two_jumps_that_agree_are_believed() -> None:
    there = Position(120_000, 59.0001, 7.0)
    state, rejected = fold(GOOD, Position(60_000, 59.0, 7.0), there)
    assert rejected == ["jump"]
    assert state.last_fix == there


def test_two_jumps_that_contradict_each_other_are_not() -> None:
    state, rejected = fold(GOOD, Position(60_000, 59.0, 7.0), Position(120_000, 20.0, 7.0))
    assert rejected == ["jump", "jump"]
    assert state.last_fix == GOOD


def test_a_good_fix_after_a_bad_one_is_believed() -> None:
    back = Position(120_000, 50.001, 7.0)
    state, _ = fold(GOOD, Position(60_000, 59.0, 7.0), back)
    assert state.last_fix == back


def test_fast_enough_is_a_flight_and_not_a_jump() -> None:
    there = Position(3_600_000, 53.0, 7.0)
    state, rejected = fold(GOOD, there)
    assert rejected == []
    assert state.last_fix == there


@pytest.mark.parametrize("speed_kmh", [-1.0, 410.4, float("nan")])
def test_an_impossible_speed_is_replaced_by_the_legs(speed_kmh: float) -> None:
    """CapMetro's 255 mph means "no value"; a GPS speed can be negative."""
    still = Position(60_000, 50.0, 7.0, speed_kmh=speed_kmh)
    state, rejected = fold(GOOD, still)
    assert rejected == []
    assert state.motion == "stopped"


def test_a_jump_is_told_with_what_was_measured() -> None:
    """0.1 degrees of latitude are 11,119.5 m; in a minute that is 667 km/h."""
    far = Position(60_000, 50.1, 7.0, speed_kmh=30.0)
    _, outputs = advance(initial_state(), [GOOD, far], Thresholds())
    (told,) = [each for each in outputs if isinstance(each, Event)]
    assert told.place is not None
    assert (told.fix_time.timestamp(), told.place.latitude_deg) == (60.0, 50.1)
    assert told.detail == {
        "reason": "jump",
        "distance_m": pytest.approx(11_119.5, abs=0.1),
        "duration_s": 60.0,
        "speed_kmh": pytest.approx(667.17, abs=0.01),
        "jump_max_speed_kmh": 400.0,
    }


@pytest.mark.parametrize(
    ("accuracy_m", "metres", "is_believed"),
    [
        ("2200", 1112, False),  # half a radius away
        ("2200.5", 6500, False),  # less than three
        ("2200", 6700, True),  # more than three
        ("199", 300, True),
        ("about 2200", 1112, True),
        ("", 1112, True),
    ],
)
def test_a_wide_circle_says_little(accuracy_m: str, metres: int, is_believed: bool) -> None:
    north_deg = metres / 111_195.0
    wide = Position(600_000, 50.0 + north_deg, 7.0, attributes={"accuracyM": accuracy_m})
    state, rejected = fold(GOOD, wide)
    assert rejected == ([] if is_believed else ["inaccurate"])
    assert state.last_fix is not None
    assert (state.last_fix.fix_time_ms == 600_000) is is_believed


def test_two_jumps_are_believed_if_they_agree_at_the_speed_of_the_limit() -> None:
    """In 9 s 400 km/h lead 1,000 m far; 50 m are scatter."""
    first = Position(60_000, 51.0, 7.0)
    for metres, believed in ((1040, True), (1060, False)):
        second = Position(69_000, 51.0 + metres / 111_195.0, 7.0)
        state, _ = fold(GOOD, first, second)
        assert state.last_fix is not None
        assert (state.last_fix.fix_time_ms == 69_000) is believed
