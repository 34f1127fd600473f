"""One odometer: what people set, then a device's reading or the way driven."""

import pytest

from milepost.domain.policy import OdometerSetting
from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.stream.pipeline import advance, initial_state
from tests.stream.steps.test_trips import START_MS, at, stand

Way = list[Position]


def odometer_m(positions: Way, *settings: OdometerSetting) -> float:
    state, _ = advance(initial_state(), positions, Thresholds(), odometers=settings)
    return state.odometer_m


def driven(begin_s: int, end_s: int, from_m: float, reading_m: float | None = None) -> Way:
    """10 m/s, a report each 10 s; the device's counter begins at `reading_m`."""
    return [
        at(
            second,
            from_m + 10.0 * (second - begin_s),
            speed_kmh=36.0,
            ignition=True,
            odometer_m=None if reading_m is None else reading_m + 10.0 * (second - begin_s),
        )
        for second in range(begin_s + 10, end_s + 1, 10)
    ]


PARKED = stand(0, 60, 0)


def test_what_was_set_goes_on_with_the_way() -> None:
    setting = OdometerSetting(START_MS + 55_000, 100_000_000.0)
    assert odometer_m(PARKED + driven(60, 660, 0), setting) == pytest.approx(100_006_000, abs=1)


def test_what_was_set_goes_on_with_the_devices_counter() -> None:
    """The counter tells of 6,000 m, whatever it began with."""
    way = stand(0, 60, 0, odometer_m=777.0) + driven(60, 660, 0, 777.0)
    setting = OdometerSetting(START_MS + 55_000, 100_000_000.0)
    assert odometer_m(way, setting) == pytest.approx(100_006_000, abs=1)


def test_the_last_setting_up_to_a_fix_counts() -> None:
    settings = [OdometerSetting(START_MS + s * 1000, m) for s, m in ((5, 5e3), (15, 7e3), (9e5, 1))]
    assert odometer_m(PARKED, *settings) == 7000.0


def test_of_a_setting_before_all_reports() -> None:
    """From the first reading on the counter tells of 5,900 m."""
    setting = OdometerSetting(START_MS - 1, 5000.0)
    assert odometer_m(PARKED + driven(60, 660, 0, 42.0), setting) == pytest.approx(10_900, abs=1)


@pytest.mark.parametrize("restarts_at_m", [0.0, 4_294_967_295.0])
def test_a_counter_that_restarts_or_jumps_drives_nobody_anywhere(restarts_at_m: float) -> None:
    """50,000 km, ten minutes of driving; the counter begins anew; ten more minutes: 12 km."""
    way = stand(0, 60, 0, odometer_m=5e7) + driven(60, 660, 0, 5e7)
    way += driven(660, 1260, 6000, restarts_at_m)
    assert odometer_m(way) == pytest.approx(50_012_000, abs=11)


def test_without_any_setting_the_first_reading_counts() -> None:
    assert odometer_m(PARKED + driven(60, 660, 0, 5e7)) == pytest.approx(50_006_000, abs=1)
