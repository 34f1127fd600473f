"""Tracks whose trips, kilometres and totals are known by arithmetic, and how they arrive."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from math import pi
from random import Random
from typing import overload

import msgspec

from milepost.domain.position import Position

SPEED_KMH = 72
STEP_S = 10
STEP_M = SPEED_KMH / 3.6 * STEP_S
LEG = 60
"""Records of a drive, and of the halt after it: 12 km in 10 minutes, then 10 minutes of rest."""
LEG_M = LEG * STEP_M
# On the sphere of the mean radius of WGS 84: a degree of latitude.
_DEGREE_M = 6_371_008.8 * pi / 180
TEN_MINUTES_MS = 600_000
HOUR_MS = 3_600_000


def shuttle(start_ms: int, count: int, lane: int = 0, *, first: int = 0) -> list[Position]:
    """Records `first` to `first + count` of a vehicle that drives north and back along a meridian.

    At an even 72 km/h for 60 records of 10 s, then it stands with the ignition off for 60 records;
    the next drive goes south.
    """
    return [_record(start_ms, number, lane) for number in range(first, first + count)]


class Shuttle(Sequence[Position]):
    """The same as a sequence that makes its records when they are asked for."""

    def __init__(self, start_ms: int, count: int, lane: int = 0) -> None:
        self._start_ms = start_ms
        self._numbers = range(count)
        self._lane = lane

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> Position: ...

    @overload
    def __getitem__(self, at: slice) -> list[Position]: ...

    def __getitem__(self, at: int | slice) -> Position | list[Position]:
        if isinstance(at, slice):
            return [_record(self._start_ms, each, self._lane) for each in self._numbers[at]]
        return _record(self._start_ms, self._numbers[at], self._lane)


def _record(start_ms: int, number: int, lane: int) -> Position:
    cycle, within = divmod(number, 2 * LEG)
    driving = within < LEG
    driven = min(within + 1, LEG)
    steps = driven if cycle % 2 == 0 else LEG - driven
    return Position(
        start_ms + number * STEP_S * 1000,
        round(40.0 + steps * STEP_M / _DEGREE_M, 7),
        round(7.0 + lane * 0.05, 7),
        100.0,
        float(SPEED_KMH) if driving else 0.0,
        0.0 if cycle % 2 == 0 else 180.0,
        satellites=9,
        ignition=driving,
    )


class Known(msgspec.Struct, frozen=True):
    """What must come of `count` records from the first on, by arithmetic alone."""

    legs: int
    last_leg_m: float
    counts: dict[int, int]


def known(start_ms: int, count: int) -> Known:
    """Ended drives (their halt has lasted), and how many records are in each 10 minutes."""
    cycles, rest = divmod(count, 2 * LEG)
    counts = Counter(
        (start_ms + number * STEP_S * 1000) // TEN_MINUTES_MS * TEN_MINUTES_MS
        for number in range(count)
    )
    return Known(cycles + (rest > LEG), LEG_M, dict(counts))


class Disorder(Iterator[list[Position]]):
    """The same records in packets: one in 12 late, one in 10 twice, one in 5 shuffled in itself.

    After `end` only what was held back still comes, so that what was sent is whole from the first
    record to the last.
    """

    def __init__(self, positions: Sequence[Position], chance: Random, size: int = 8) -> None:
        self._positions = positions
        self._chance = chance
        self._size = size
        self._at = 0
        self._number = 0
        self._ready: deque[list[Position]] = deque()
        self._late: list[tuple[int, list[Position]]] = []
        self._ended = False

    def end(self) -> None:
        self._ended = True

    def __next__(self) -> list[Position]:
        while not self._ready:
            if self._ended or self._at >= len(self._positions):
                if not self._late:
                    raise StopIteration
                self._ready.append(self._late.pop()[1])
            else:
                self._take()
        return self._ready.popleft()

    def _take(self) -> None:
        chance = self._chance
        packet = list(self._positions[self._at : self._at + chance.randint(1, self._size)])
        self._at += len(packet)
        self._number += 1
        if chance.random() < 0.2:
            chance.shuffle(packet)
        if chance.random() < 1 / 12:
            self._late.append((self._number + chance.randint(5, 40), packet))
            return
        self._ready += [packet, packet] if chance.random() < 0.1 else [packet]
        self._ready += [late for when, late in self._late if when <= self._number]
        self._late = [each for each in self._late if each[0] > self._number]


def orderly(positions: Sequence[Position], size: int = 100) -> Iterator[list[Position]]:
    for at in range(0, len(positions), size):
        yield list(positions[at : at + size])
