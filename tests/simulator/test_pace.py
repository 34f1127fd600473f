"""No report from the future, and a recording that ends when it should."""

from hypothesis import given
from hypothesis import strategies as st

from milepost.simulator.pace import Pace, shift_to_now_ms

NOW_MS = 1_750_000_000_000
HOUR_MS = 3_600_000


def test_a_recording_shifted_to_now_ends_now_whatever_the_speed() -> None:
    for speed in (1.0, 2.0, 60.0, 1e9):
        start_ms, end_ms = 0, HOUR_MS
        shift_ms = shift_to_now_ms(start_ms, end_ms, speed, NOW_MS)
        played_until_ms = NOW_MS + HOUR_MS / speed
        assert abs(end_ms + shift_ms - played_until_ms) <= 1


@given(
    speed=st.floats(0.1, 1000),
    duration_ms=st.integers(1, 10**9),
    part=st.floats(0, 1),
)
def test_a_shifted_recording_is_never_ahead_of_the_clock(
    speed: float, duration_ms: int, part: float
) -> None:
    shift_ms = shift_to_now_ms(0, duration_ms, speed, NOW_MS)
    pace = Pace(NOW_MS, shift_ms, speed, until_now=False)
    fix_ms = shift_ms + int(part * duration_ms)
    sent_ms = NOW_MS + pace.wait_s(fix_ms, NOW_MS) * 1000
    assert fix_ms <= sent_ms + 2


@given(
    speed=st.floats(1, 1000),
    behind_ms=st.integers(0, 10**8),
    later_ms=st.integers(0, 10**8),
    ahead_ms=st.integers(-(10**8), 10**8),
)
def test_waiting_as_long_as_it_says_makes_a_report_due(
    speed: float, behind_ms: int, later_ms: int, ahead_ms: int
) -> None:
    pace = Pace(NOW_MS, NOW_MS - behind_ms, speed, until_now=True)
    now_ms = NOW_MS + later_ms
    fix_ms = now_ms + ahead_ms
    then_ms = now_ms + int(pace.wait_s(fix_ms, now_ms) * 1000) + 2
    assert pace.due_fix_ms(then_ms) >= fix_ms - speed
    assert pace.due_fix_ms(then_ms) <= then_ms
