"""What one line says of its vehicle's speed, and what it cannot make believed."""

import pytest

from milepost.domain.engine_stop import FRESH_MS, Sighting, judge
from milepost.domain.position import Position
from milepost.gateway.line_report import MAX_SPEEDS, LineReport

NOW_MS = 1_750_000_000_000
METRES_PER_DEG = 111_195.0


def at(seconds: float, speed_kmh: float | None = None, **more: object) -> Position:
    values: dict[str, object] = {"latitude_deg": 52.5, "longitude_deg": 13.4} | more
    return Position(NOW_MS + int(seconds * 1000), speed_kmh=speed_kmh, **values)  # type: ignore[arg-type]


def no_fix(
    seconds: float, speed_kmh: float | None = None, bus_kmh: float | None = None
) -> Position:
    signals = {} if bus_kmh is None else {"Vehicle.Speed": bus_kmh}
    return Position(NOW_MS + int(seconds * 1000), speed_kmh=speed_kmh, signals=signals)


def north(seconds: float, metres: float) -> Position:
    return at(seconds, None, latitude_deg=52.5 + metres / METRES_PER_DEG)


def seen(*positions: Position, after_s: float = 0.0) -> tuple[float, float | None] | None:
    """Seconds from NOW of the newest fix, and the speed; each position came in a packet."""
    report = LineReport()
    for position in positions:
        report.hear([position], NOW_MS + int(after_s * 1000))
    sighting = report.sighting()
    if sighting is None:
        return None
    return (sighting.fix_time_ms - NOW_MS) / 1000, sighting.speed_kmh


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([], None),
        ([at(0, 0)], (0, 0)),
        ([at(0, 0), at(10, 90)], (10, 90)),
        ([at(0, 90), at(10, 0)], (10, 0)),
        # Late: what is older than the newest fix changes nothing.
        ([at(0, 90), at(-10, 0)], (0, 90)),
        # A second report of the same instant: the faster counts.
        ([at(0, 90), at(0, 0)], (0, 90)),
        ([at(0, 0), at(0, 90)], (0, 90)),
        # No fix of its own releases, and its speed holds.
        ([no_fix(0, 0)], None),
        ([at(0, 0), no_fix(10, None, 80), no_fix(20, 0)], (0, 80)),
        ([no_fix(10, None, 80), at(5, 0)], (5, 80)),
        ([no_fix(10, None, 80), at(15, 0)], (15, 0)),
        ([at(0, 0, signals={"Vehicle.Speed": 50.0})], (0, 50)),
        ([at(0, 0, valid=False)], None),
        ([at(0, 90), at(10, 0, valid=False)], (0, 90)),
        ([at(0, 0, damaged=True)], None),
        ([at(0, 90), at(10, 0, damaged=True)], (0, 90)),
        ([at(0, 0), at(10, 90, damaged=True)], (0, 90)),
        ([at(0, 0, latitude_deg=0.0, longitude_deg=0.0)], None),
        # A clock that is ahead by more than a minute.
        ([at(61, 0)], None),
        ([at(60, 0)], (60, 0)),
        ([at(0, 90), at(3600, 0)], (0, 90)),
        # Nonsense is no speed.
        ([at(0, -1.0)], None),
        ([at(0, float("nan"))], None),
        ([at(0)], None),
    ],
)
def test_only_a_fix_of_its_own_counts(
    positions: list[Position], expected: tuple[float, float] | None
) -> None:
    assert seen(*positions) == expected


@pytest.mark.parametrize(
    ("positions", "expected_kmh"),
    [
        # 250 m in 10 s are 90 km/h.
        ([north(0, 0), north(10, 250)], 90),
        ([north(0, 0), north(10, 0)], 0),
        # More than five minutes apart they say nothing.
        ([north(0, 0), north(301, 0)], None),
        # A way too long to be true (10 km in 10 s) outweighs the 0 that came with it.
        ([at(0, 0), at(10, 0, latitude_deg=52.5 + 10_000 / METRES_PER_DEG)], 3600),
        # A reported speed outweighs the scatter of a standing receiver.
        ([at(0, 0), at(1, 0, latitude_deg=52.5 + 20 / METRES_PER_DEG)], 0),
    ],
)
def test_the_way_between_fixes_counts_where_no_speed_can(
    positions: list[Position], expected_kmh: float | None
) -> None:
    found = seen(*positions, after_s=301)
    if expected_kmh is None:
        assert found is None
    else:
        assert found is not None
        assert found[1] == pytest.approx(expected_kmh, rel=1e-3)


def test_a_packet_that_begins_with_the_newest_says_the_same() -> None:
    report = LineReport()
    report.hear([at(-each, 90 if each == 0 else 0) for each in range(100)], NOW_MS)
    assert report.sighting() == Sighting(NOW_MS, 90, travels=False)


def test_what_was_buffered_is_too_old_to_release() -> None:
    report = LineReport()
    report.hear([at(-FRESH_MS / 1000 - 1, 0)], NOW_MS)
    assert judge(report.sighting(), NOW_MS, 20.0) == "unknown"


def test_speeds_without_end_take_no_memory_and_the_fastest_stays() -> None:
    report = LineReport()
    report.hear([at(0, 0)], NOW_MS)
    report.hear([no_fix(1, 70)], NOW_MS)
    report.hear([no_fix(2 + each / 1000, 10) for each in range(1000)], NOW_MS)
    assert len(report._speeds) <= MAX_SPEEDS
    assert report.sighting() == Sighting(NOW_MS, 70, travels=False)
