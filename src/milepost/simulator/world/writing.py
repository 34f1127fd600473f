"""A world as files: what its devices told as Parquet, the truth beside it as JSON lines."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet

from milepost.simulator.world.reports import ReceivedReport
from milepost.simulator.world.truth import Truth
from milepost.simulator.world.world import LivedVehicle, World

# Vehicles a file: the same files, however many processes write them.
VEHICLES_A_PART = 50
_FIELDS = (
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "speed_kmh",
    "course_deg",
    "valid",
    "hdop",
    "satellites",
    "ignition",
    "odometer_m",
    "engine_hours_h",
    "fuel_level_pct",
    "fuel_used_l",
    "engine_rpm",
    "coolant_temp_c",
    "battery_v",
)
_TYPES: dict[str, pa.DataType] = {
    "unique_id": pa.string(),
    "received_time": pa.int64(),
    "fix_time": pa.int64(),
    **dict.fromkeys(_FIELDS, pa.float64()),
    "accuracy_m": pa.float64(),
    "satellites": pa.int16(),
    "ignition": pa.bool_(),
    "valid": pa.bool_(),
}
SCHEMA = pa.schema(_TYPES)


class WorldPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which world to write; see `World.make`."""

    seed: int
    vehicles: int
    start_time: datetime
    days: int
    clean_share: float


class KnownVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the files of truth."""

    number: int
    unique_id: str
    protocol: str
    kind: str
    style: str
    base: str
    faults: tuple[str, ...]
    truth: Truth


def write_world(plan: WorldPlan, folder: Path, processes: int) -> int:
    """Write `reports-N.parquet` and `truth-N.jsonl` for each 50 vehicles; returns the reports.

    Raises:
        InvalidInput: the plan is not possible.
    """
    _world(plan)
    parts = range(0, plan.vehicles, VEHICLES_A_PART)
    if processes == 1:
        return sum(_write_part(plan, folder, first) for first in parts)
    # Spawned, because a fork may inherit locks of libraries that run threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(partial(_write_part, plan, folder), parts))


def _world(plan: WorldPlan) -> World:
    return World.make(
        plan.seed, plan.vehicles, plan.start_time, plan.days, clean_share=plan.clean_share
    )


def _write_part(plan: WorldPlan, folder: Path, first: int) -> int:
    world, count = _world(plan), 0
    number = first // VEHICLES_A_PART
    with (
        pyarrow.parquet.ParquetWriter(folder / f"reports-{number}.parquet", SCHEMA) as reports,
        (folder / f"truth-{number}.jsonl").open("wb") as truths,
    ):
        for each in range(first, min(first + VEHICLES_A_PART, plan.vehicles)):
            vehicle = world.vehicle(each)
            reports.write_table(_table(vehicle.unique_id, vehicle.reports))
            truths.write(msgspec.json.encode(_known(vehicle)) + b"\n")
            count += len(vehicle.reports)
    return count


def _known(vehicle: LivedVehicle) -> KnownVehicle:
    return KnownVehicle(**{name: getattr(vehicle, name) for name in KnownVehicle.__struct_fields__})


def _table(unique_id: str, reports: Sequence[ReceivedReport]) -> pa.Table:
    positions = [report.position for report in reports]
    columns: dict[str, list[Any]] = {
        "unique_id": [unique_id] * len(reports),
        "received_time": [report.received_time_ms for report in reports],
        "fix_time": [position.fix_time_ms for position in positions],
    }
    columns |= {name: [getattr(each, name) for each in positions] for name in _FIELDS}
    accuracies = [position.attributes.get("accuracyM") for position in positions]
    columns["accuracy_m"] = [None if said is None else float(said) for said in accuracies]
    return pa.table(columns, schema=SCHEMA)
