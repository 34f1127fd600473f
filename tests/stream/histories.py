"""Hypothesis strategies for what a device may report: sensible, and wild."""

import math
from typing import Any

from hypothesis import strategies as st

from milepost.domain.position import Position

START_MS = 1_480_000_000_000
M_PER_DEG = 111_195.0


@st.composite
def wild(draw: st.DrawFn, min_size: int = 0, max_size: int = 60) -> list[Position]:
    """Reports without rhyme or reason: gaps, jumps, doubles, statuses, contradictions."""
    time_ms, north_m, east_m = START_MS, 0.0, 0.0
    history = []
    for _ in range(draw(st.integers(min_size, max_size))):
        time_ms += draw(st.sampled_from([0, 1, 10, 30, 60, 240, 301, 700, 2000, 9000])) * 1000
        north_m += draw(st.sampled_from([0, 0, 0, 5, 40, -40, 160, 400, -400, 3000, 90_000]))
        east_m += draw(st.sampled_from([0, 0, 5, -60, 200]))
        history.append(_report(draw, time_ms, north_m, east_m))
    return history


def _report(draw: st.DrawFn, time_ms: int, north_m: float, east_m: float) -> Position:
    has_fix = draw(st.sampled_from([True, True, True, True, False]))
    measured: dict[str, Any] = {
        "speed_kmh": draw(st.sampled_from([None, 0.0, 3.0, 20.0, 60.0, 999.0])),
        "ignition": draw(st.sampled_from([None, None, True, True, False])),
        "fuel_used_l": draw(st.sampled_from([None, None, (time_ms - START_MS) / 1e6, 0.0])),
        "odometer_m": draw(st.sampled_from([None, None, None, 5e5 + north_m])),
        "alarm": draw(st.sampled_from([None, None, None, "sos"])),
        "valid": draw(st.sampled_from([True, True, True, False])),
        "battery_v": draw(st.sampled_from([None, 12.0, 13.5])),
    }
    if not has_fix:
        return Position(time_ms, **measured)
    return Position(time_ms, 10.0 + north_m / M_PER_DEG, 20.0 + east_m / M_PER_DEG, **measured)


@st.composite
def days(draw: st.DrawFn) -> list[Position]:
    """A vehicle's day: stays (with drift) and drives, at one interval, one kind of device."""
    interval_s = draw(st.sampled_from([5, 10, 30, 60, 240]))
    reports_speed = draw(st.booleans())
    knows_ignition = draw(st.booleans())
    history: list[Position] = []
    time_ms, north_m = START_MS, 0.0
    for _ in range(draw(st.integers(1, 5))):
        is_drive = draw(st.booleans())
        speed_kmh = draw(st.sampled_from([15.0, 40.0, 90.0])) if is_drive else 0.0
        drift_m = 0.0 if is_drive else draw(st.sampled_from([0.0, 10.0, 45.0]))
        for step in range(draw(st.integers(1, 2400 // interval_s))):
            time_ms += interval_s * 1000
            north_m += speed_kmh / 3.6 * interval_s
            history.append(
                Position(
                    time_ms,
                    10.0 + (north_m + drift_m * math.sin(step * 1.7)) / M_PER_DEG,
                    20.0,
                    speed_kmh=speed_kmh if reports_speed else None,
                    ignition=is_drive if knows_ignition else None,
                )
            )
        time_ms += draw(st.sampled_from([0, 0, 0, 400, 2400, 40_000])) * 1000
    return history
