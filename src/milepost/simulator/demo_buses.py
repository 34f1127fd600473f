"""The demo's buses: three days of 48 Austin buses in November 2016, a report every 4 minutes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from milepost.domain.position import Position
from milepost.geo.distance import bearing_deg, distance_m
from milepost.simulator.loops import Loop, with_ignition
from milepost.simulator.source_format import SourceFormat
from milepost.simulator.table_reader import read_table, tracks_of
from milepost.simulator.track import limited, shifted

# Midnight in Austin, when most of the buses are in the depot.
START_MS = round(datetime(2016, 11, 24, 6, tzinfo=UTC).timestamp() * 1000)
PERIOD_MS = 3 * 86_400_000
STANDING_WITHIN_M = 30.0
# Some buses are on the road at midnight: the round that begins must not find them elsewhere.
QUIET_UNTIL_MS = START_MS + 4 * 3_600_000
# Since 2016 the source's speeds are in m/s; 255 mph stand for "not known".
SOURCE = SourceFormat(
    columns={"id": "vehicle_id", "time": "timestamp_utc"},
    units={"speed": "m/s"},
    no_values={"speed": 113.9952},
)


def bus_loops(folder: Path) -> list[tuple[str, Loop]]:
    """(fleet number, loop) of each bus."""
    tracks = tracks_of(read_table(folder / "austin_buses.parquet"), SOURCE, "")
    loops = []
    for track in tracks:
        awake = limited(track, QUIET_UNTIL_MS, None)
        positions = with_ignition(with_course(shifted(awake, -START_MS).positions))
        loops.append((track.vehicle, Loop(positions, PERIOD_MS)))
    return loops


def with_course(positions: Sequence[Position]) -> tuple[Position, ...]:
    """The course that the source lacks: from the report before, kept while the bus stands."""
    headed: list[Position] = []
    course_deg: float | None = None
    for before, position in pairwise((positions[0], *positions)):
        assert before.latitude_deg is not None and before.longitude_deg is not None
        assert position.latitude_deg is not None and position.longitude_deg is not None
        way = (
            before.latitude_deg,
            before.longitude_deg,
            position.latitude_deg,
            position.longitude_deg,
        )
        if distance_m(*way) > STANDING_WITHIN_M:
            course_deg = bearing_deg(*way)
        headed.append(msgspec.structs.replace(position, course_deg=course_deg))
    return tuple(headed)
