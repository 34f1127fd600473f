"""The demo's cars: drives that members of enviroCar recorded, with engine data every 2 to 5 s.

The drives of a car follow each other in the order of their recording; the hours or days between
them shrink to a pause of ten minutes, or to what a car needs from where one drive ended to where
the next began. The car with 40 drives is played as four, ten drives each.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from milepost.domain.position import Position
from milepost.geo.distance import distance_m
from milepost.simulator.loops import OFF_DELAY_MS, Loop, with_ignition
from milepost.simulator.table_reader import read_table

PAUSE_MS = 10 * 60_000
TRANSFER_KMH = 60.0
DRIVES_PER_CAR = 10
# Consumption is a rate: between reports further apart than this nothing is known.
LONGEST_STEP_S = 30.0
_COLUMNS = {
    "hdop": "GPS HDOP [precision]",
    "altitude_m": "GPS Altitude [m]",
    "course_deg": "GPS Bearing [deg]",
    "engine_rpm": "Rpm [u/min]",
    "throttle_pct": "Throttle Position [%]",
    "engine_load_pct": "Engine Load [%]",
}


class CarLoop(msgspec.Struct, frozen=True):
    """One car of the demo. `part` counts from 1 where a real car is played as several, else 0."""

    make: str
    model: str
    year: int
    fuel: str
    part: int
    loop: Loop


def car_loops(folder: Path) -> list[CarLoop]:
    """The demo's cars, in a stable order."""
    about = read_table(folder / "envirocar_cars.parquet").to_pylist()
    drives = _drives(folder)
    return [each for row in about for each in _cars(row, drives[row["car_id"]])]


def _drives(folder: Path) -> Mapping[str, list[tuple[Position, ...]]]:
    """{car: its drives}, in the order of their recording, without fuel."""
    rows: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in read_table(folder / "envirocar_measurements.parquet").to_pylist():
        rows[row["car_id"], row["track_id"]].append(row)
    drives: defaultdict[str, list[tuple[Position, ...]]] = defaultdict(list)
    for (car, _track), reports in rows.items():
        drives[car].append(_with_fuel(reports))
    for recorded in drives.values():
        recorded.sort(key=lambda positions: positions[0].fix_time_ms)
    return drives


def _with_fuel(rows: Sequence[Mapping[str, Any]]) -> tuple[Position, ...]:
    """The drive's reports, with the fuel used since its start summed up from the consumption."""
    is_known = any(row["Consumption [l/h]"] is not None for row in rows)
    used_l = 0.0
    previous_ms: int | None = None
    positions: list[Position] = []
    for row in rows:
        time_ms = round(row["time"].timestamp()) * 1000
        if previous_ms is not None and time_ms <= previous_ms:
            continue
        step_s = 0.0 if previous_ms is None else (time_ms - previous_ms) / 1000
        consumption_l_h = row["Consumption [l/h]"]
        if consumption_l_h is not None and step_s <= LONGEST_STEP_S:
            used_l += max(0.0, consumption_l_h) * step_s / 3600
        previous_ms = time_ms
        positions.append(_position(row, time_ms, used_l if is_known else None))
    return tuple(positions)


def _position(row: Mapping[str, Any], time_ms: int, fuel_used_l: float | None) -> Position:
    speed_kmh = row["Speed [km/h]"] if row["Speed [km/h]"] is not None else row["GPS Speed [km/h]"]
    measured = {field: row[column] for field, column in _COLUMNS.items()}
    return Position(
        time_ms,
        row["lat"],
        row["lon"],
        speed_kmh=None if speed_kmh is None or not 0 <= speed_kmh < math.inf else speed_kmh,
        fuel_used_l=fuel_used_l,
        **measured,
    )


def _cars(about: Mapping[str, Any], drives: Sequence[tuple[Position, ...]]) -> Iterable[CarLoop]:
    make, model = about["manufacturer"].strip(), about["model"].strip()
    groups = [drives[at : at + DRIVES_PER_CAR] for at in range(0, len(drives), DRIVES_PER_CAR)]
    for number, group in enumerate(groups, 1):
        part = number if len(groups) > 1 else 0
        year = int(about["constructionYear"])
        yield CarLoop(make, model, year, about["fuelType"], part, _chained(group))


def _chained(drives: Sequence[tuple[Position, ...]]) -> Loop:
    """One drive after the other, with pauses in between and after the last."""
    played: list[Position] = []
    at_ms, fuel_l = 0, 0.0
    for drive, following in zip(drives, [*drives[1:], drives[0]], strict=True):
        by_ms = at_ms - drive[0].fix_time_ms
        played += [
            msgspec.structs.replace(
                each,
                fix_time_ms=each.fix_time_ms + by_ms,
                fuel_used_l=None if each.fuel_used_l is None else fuel_l + each.fuel_used_l,
            )
            for each in with_ignition(drive)
        ]
        fuel_l += drive[-1].fuel_used_l or 0.0
        at_ms = drive[-1].fix_time_ms + by_ms + _pause_ms(drive[-1], following[0])
    return Loop(tuple(played), at_ms, fuel_l)


def _pause_ms(end: Position, start: Position) -> int:
    assert end.latitude_deg is not None
    assert end.longitude_deg is not None
    assert start.latitude_deg is not None
    assert start.longitude_deg is not None
    apart_m = distance_m(
        end.latitude_deg, end.longitude_deg, start.latitude_deg, start.longitude_deg
    )
    transfer_ms = round(apart_m / 1000 / TRANSFER_KMH * 3600) * 1000
    return OFF_DELAY_MS + max(PAUSE_MS, transfer_ms)
