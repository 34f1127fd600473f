from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.stream.pipeline import DeviceState, initial_state
from tests.folding import advance


def fold(*positions: Position) -> DeviceState:
    return advance(initial_state(), positions, Thresholds())[0]


def test_an_unknown_device() -> None:
    state = initial_state()
    assert state.last_fix_time_ms == -1
    assert (state.last_fix, state.latest, state.ignition) == (None, None, None)
    assert (state.motion, state.odometer_m) == ("stopped", 0.0)


def test_measurements_are_the_newest_known() -> None:
    state = fold(
        Position(1000, 50.0, 7.0, fuel_level_pct=40.0, battery_v=12.0, ignition=True),
        Position(2000, 50.0, 7.0, battery_v=13.0, signals={"a": 1.0, "b": 1.0}),
        Position(3000, gear=3, signals={"a": 2.0}),
    )
    latest = state.latest
    assert latest is not None
    assert (latest.fuel_level_pct, latest.battery_v, latest.gear) == (40.0, 13.0, 3)
    assert latest.signals == {"a": 2.0, "b": 1.0}
    assert state.ignition is True


def test_the_place_is_that_of_the_last_believed_fix() -> None:
    state = fold(
        Position(1000, 50.0, 7.0, speed_kmh=30.0, altitude_m=80.0),
        Position(2000, 0.0, 0.0, speed_kmh=0.0),
        Position(3000, battery_v=12.0),
    )
    latest = state.latest
    assert latest is not None
    assert latest.fix_time_ms == 3000
    assert (latest.latitude_deg, latest.speed_kmh, latest.altitude_m) == (50.0, 30.0, 80.0)


def test_alarms_and_attributes_are_of_the_moment() -> None:
    state = fold(Position(1000, alarm="sos", attributes={"a": "b"}), Position(2000))
    assert state.latest is not None
    assert (state.latest.alarm, state.latest.attributes) == (None, {})


def test_standing_with_the_engine_on_is_idling_since_then() -> None:
    state = fold(
        Position(1000, 50.0, 7.0, speed_kmh=0.0, ignition=False),
        Position(2000, 50.0, 7.0, speed_kmh=0.0, ignition=True),
        Position(3000, 50.0, 7.0, speed_kmh=0.0),
    )
    assert (state.motion, state.motion_since_ms) == ("idling", 2000)


def test_moving_is_shown_at_once_when_the_engine_is_on() -> None:
    state = fold(
        Position(1000, 50.0, 7.0, speed_kmh=0.0, ignition=True),
        Position(2000, 50.0001, 7.0, speed_kmh=40.0, ignition=True),
    )
    assert (state.motion, state.motion_since_ms) == ("moving", 2000)


def test_the_devices_odometer_is_carried_on_by_counted_distance() -> None:
    drive = [Position(10_000 * i, 50.0 + 0.001 * i, 7.0, speed_kmh=40.0) for i in range(30)]
    counted_m = fold(*drive).odometer_m
    assert 3100.0 < counted_m < 3300.0
    read = Position(10_000 * 30, 50.03, 7.0, speed_kmh=40.0, odometer_m=1e6)
    onward = Position(10_000 * 31, 50.031, 7.0, speed_kmh=40.0)
    assert 1e6 + 100.0 < fold(*drive, read, onward).odometer_m < 1e6 + 120.0
