"""Microseconds per position of steady driving: `python -m tests.stream.measure_advance`."""

import time
from collections.abc import Callable
from typing import Any

from milepost.domain.position import Position
from milepost.domain.thresholds import Thresholds
from milepost.stream.contract import Run
from milepost.stream.pipeline import STEPS, DeviceState, advance, encode_state, initial_state

THRESHOLDS = Thresholds()
WARM_UP = 300
ROUNDS = 40


def steady_drive(count: int) -> list[Position]:
    """A truck at 50 km/h, 1 Hz, with a dozen measurements."""
    return [
        Position(
            1_700_000_000_000 + 1000 * i,
            50.0 + 13.9 / 111_195.0 * i,
            7.0,
            altitude_m=80.0,
            speed_kmh=50.0,
            course_deg=0.0,
            satellites=11,
            ignition=True,
            odometer_m=1e6 + 13.9 * i,
            fuel_level_pct=61.0,
            fuel_used_l=5000.0 + i / 1000.0,
            engine_rpm=1400.0,
            coolant_temp_c=88.0,
            battery_v=27.9,
        )
        for i in range(count)
    ]


def best_us(work: Callable[[], Any], count: int) -> float:
    best_s = float("inf")
    for _ in range(ROUNDS):
        start = time.thread_time()
        work()
        best_s = min(best_s, time.thread_time() - start)
    return best_s / count * 1e6


def fold(state: DeviceState, positions: list[Position], run_length: int) -> DeviceState:
    for start in range(0, len(positions), run_length):
        state, _ = advance(state, positions[start : start + run_length], THRESHOLDS)
    return state


def steps(state: DeviceState, positions: list[Position], name: str) -> float:
    """Of one step alone, in runs of one."""
    runs = []
    for position in positions:
        run = Run([position], THRESHOLDS, [], [], [])
        slices = []
        for each, own in zip(STEPS, state.slices, strict=True):
            if each == name:
                runs.append((own, copy_of(run)))
            slices.append(STEPS[each].advance(own, run))
        state = DeviceState(tuple(slices))
    step_advance = STEPS[name].advance
    start = time.thread_time()
    for own, run in runs:
        step_advance(own, run)
    return (time.thread_time() - start) / len(runs) * 1e6


def copy_of(run: Run) -> Run:
    """The run as it is before a step, so that the step can be timed by itself."""
    return Run(
        run.positions,
        run.thresholds,
        list(run.observations),
        list(run.settled),
        list(run.concluded),
        run.counts,
        run.odometers,
        run.unsettled_bucket_ms,
    )


def main() -> None:
    positions = steady_drive(WARM_UP + 2000)
    state = fold(initial_state(), positions[:WARM_UP], 1)
    rest = positions[WARM_UP:]
    for run_length in (1, 10, 100):
        print(
            f"runs of {run_length:3}:",
            f"{best_us(lambda n=run_length: fold(state, rest, n), len(rest)):.2f} µs a position",
        )
    for name in STEPS:
        best = min(steps(state, rest, name) for _ in range(5))
        print(f"  {name:10} {best:.2f} µs in runs of 1")
    size = len(encode_state(state))
    print(f"state: {size} bytes, encoded in {best_us(lambda: encode_state(state), 1):.1f} µs")


if __name__ == "__main__":
    main()
