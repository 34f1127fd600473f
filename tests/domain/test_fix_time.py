from milepost.domain.fix_time import REPORTED_FIX_TIME, turned_forward
from milepost.domain.position import Position

# 2026-11-30T12:00:00Z, and 1,024 weeks (7,168 days) before it: 2007-04-16T12:00:00Z.
NOW_MS = 1_796_040_000_000
THEN_MS = 1_176_724_800_000
DAY_MS = 86_400_000


def turned(fix_time_ms: int) -> Position:
    (found,) = turned_forward([Position(fix_time_ms, attributes={"io:1": "0a"})], NOW_MS)
    return found


def test_the_turn_of_the_week_number_is_added_and_what_was_said_is_kept() -> None:
    found = turned(THEN_MS - 6 * DAY_MS)
    assert found.fix_time_ms == NOW_MS - 6 * DAY_MS
    assert found.attributes == {"io:1": "0a", REPORTED_FIX_TIME: "2007-04-10T12:00:00+00:00"}


def test_two_turns() -> None:
    assert turned(THEN_MS - 7168 * DAY_MS).fix_time_ms == NOW_MS


def test_what_is_no_turn_of_the_last_week_stays_as_it_is() -> None:
    for fix_time_ms in (NOW_MS, NOW_MS - DAY_MS, THEN_MS + 1000, THEN_MS - 8 * DAY_MS, 0):
        found = turned(fix_time_ms)
        assert (found.fix_time_ms, found.attributes) == (fix_time_ms, {"io:1": "0a"})
