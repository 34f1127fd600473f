"""A clock is wrong that shows what has passed; a step puts it right; sleeping is no step."""

from milepost.workers.server_clock import ServerClock

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
WEEK_MS = 7 * 24 * HOUR_MS


class Hands:
    def __init__(self, wall_ms: int) -> None:
        self.wall_ms, self.steady = wall_ms, 5_000

    def pass_time(self, ms: int) -> None:
        self.wall_ms += ms
        self.steady += ms

    def clock(self) -> ServerClock:
        return ServerClock(lambda: self.wall_ms, lambda: self.steady)


def test_a_clock_of_1979_is_behind_even_in_an_empty_installation() -> None:
    assert Hands(290_000_000_000).clock().is_behind
    assert not Hands(NOW_MS).clock().is_behind


def test_a_clock_of_last_week_is_behind_what_was_stored_yesterday() -> None:
    clock = Hands(NOW_MS - WEEK_MS).clock()
    assert not clock.is_behind
    clock.begin_after(NOW_MS - 24 * HOUR_MS)
    assert clock.is_behind


def test_a_stamp_of_a_moment_ago_does_not_condemn_the_clock() -> None:
    clock = Hands(NOW_MS).clock()
    clock.begin_after(NOW_MS + 30_000)
    assert not clock.is_behind


def test_a_step_is_seen_once_and_the_clock_is_believed_after_it() -> None:
    hands = Hands(NOW_MS - WEEK_MS)
    clock = hands.clock()
    clock.begin_after(NOW_MS)
    hands.pass_time(HOUR_MS)
    assert clock.take_step_ms() == 0 and clock.is_behind
    hands.wall_ms += WEEK_MS - HOUR_MS
    assert clock.take_step_ms() == WEEK_MS - HOUR_MS
    assert not clock.is_behind
    assert clock.take_step_ms() == 0


def test_a_clock_that_was_ahead_is_believed_once_it_was_put_back() -> None:
    hands = Hands(NOW_MS + 400 * 24 * HOUR_MS)
    clock = hands.clock()
    clock.begin_after(hands.wall_ms)
    hands.wall_ms = NOW_MS
    assert clock.take_step_ms() == -400 * 24 * HOUR_MS
    assert not clock.is_behind


def test_hours_of_sleep_and_small_corrections_are_no_steps() -> None:
    hands = Hands(NOW_MS)
    clock = hands.clock()
    hands.pass_time(8 * HOUR_MS)
    hands.wall_ms += 900
    assert clock.take_step_ms() == 0
