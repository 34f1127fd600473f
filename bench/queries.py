"""(d): a vehicle's day, the fleet's last states, the fleet's month; against the same in PostgreSQL.

Both stores hold the same rows, made here: 200 vehicles with a position each 10 s for a day, 10,000
vehicles with a last state, 1,000 vehicles with totals of 30 days. Times are medians of alternating
runs and include turning the answer into the program's own structs (PostgreSQL: into records).
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import asyncpg

from bench.reading import (
    Reader,
    fill_year,
    milepost_served,
    paths,
    postgres_app,
    served,
    tracked,
)
from bench.report import Row
from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.domain.vehicle_state import VehicleState
from milepost.stores.derived_arrow import LastState
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.positions_arrow import RowContext, build_table
from milepost.stores.postgres.migrate import let_roles_log_in, migrate
from milepost.stores.telemetry import Telemetry

DAY_MS = 86_400_000
BUCKET_MS = 600_000
# A midnight, so that a day of positions is a calendar day.
START_MS = 1_767_225_600_000
TRACKED, LIVING, COUNTED, DAYS = 200, 10_000, 1_000, 30
RUNS = 21
TENANT = uuid4()
SCOPE = Scope(TENANT, None, "admin")
VEHICLES = [uuid4() for _ in range(LIVING)]
NO_ID = UUID(int=0).bytes

TABLES = """
create table positions (tenant_id uuid, device_id uuid, vehicle_id uuid, fix_time timestamptz,
  latitude_deg float8, longitude_deg float8, altitude_m float8, speed_kmh float8,
  course_deg float8, satellites int, ignition bool, odometer_m float8,
  primary key (vehicle_id, fix_time));
create table last_states (tenant_id uuid, vehicle_id uuid primary key, state text,
  fix_time timestamptz, latitude_deg float8, longitude_deg float8, speed_kmh float8,
  course_deg float8, ignition bool, odometer_m float8);
"""
DAY = "select * from positions where vehicle_id=$1 and fix_time>=$2 and fix_time<$3 order by 4"
STATES = "select * from last_states where tenant_id=$1"
# As a platform on rows alone answers it: totals come from the rows of the month.
MONTH = """
select vehicle_id, date_trunc('day', bucket) as day, sum(distance_m), sum(driving_s), sum(idling_s),
  max(max_speed_kmh), sum(fuel_used_l) from rollups where tenant_id=$1 group by 1, 2
"""
ROLLUPS = """
create table rollups (tenant_id uuid, vehicle_id uuid, bucket timestamptz, distance_m float8,
  driving_s float8, idling_s float8, max_speed_kmh float8, fuel_used_l float8,
  primary key (tenant_id, vehicle_id, bucket))
"""


def day_of(lane: int) -> list[Position]:
    """A position each 10 s of one day."""
    return [
        Position(
            START_MS + step * 10_000,
            50.0 + lane * 0.01,
            7.0 + step * 0.0001,
            120.0,
            50.0 + step % 7,
            90.0,
            satellites=11,
            ignition=True,
            odometer_m=1e6 + step * 140.0,
        )
        for step in range(DAY_MS // 10_000)
    ]


def state_of(vehicle_id: UUID) -> VehicleState:
    return VehicleState(
        vehicle_id,
        None,
        "moving",
        START_MS,
        START_MS,
        START_MS,
        50.0,
        7.0,
        50.0,
        90.0,
        ignition=True,
        odometer_m=1e6,
    )


def rollups_of(vehicle_id: UUID) -> list[dict]:
    return [
        {
            "tenant_id": TENANT.bytes,
            "vehicle_id": vehicle_id.bytes,
            "device_id": vehicle_id.bytes,
            "bucket_start_ms": START_MS + day * DAY_MS + bucket * BUCKET_MS,
            "position_count": 60,
            "distance_m": 9_000.0,
            "driving_s": 540.0,
            "idling_s": 60.0,
            "max_speed_kmh": 71.0,
            "fuel_used_l": 0.7,
        }
        for day in range(DAYS)
        for bucket in range(48, 72)
    ]


async def fill_clickhouse(telemetry: Telemetry) -> None:
    for lane in range(TRACKED):
        vehicle_id = VEHICLES[lane]
        context = RowContext(
            TENANT.bytes, vehicle_id.bytes, vehicle_id.bytes, NO_ID, "teltonika", START_MS
        )
        positions = day_of(lane)
        await telemetry.insert_positions(build_table([context] * len(positions), positions))
    await telemetry.insert_last_states([LastState(TENANT, v, state_of(v)) for v in VEHICLES], 1)
    for start in range(0, COUNTED, 100):
        rows = [row for v in VEHICLES[start : start + 100] for row in rollups_of(v)]
        await telemetry.insert_rollups(rows, 1)


async def fill_postgres(pool: asyncpg.Pool) -> None:
    await pool.execute(TABLES)
    await pool.execute(ROLLUPS)
    for lane in range(TRACKED):
        await fill_day(pool, VEHICLES[lane], lane)
    await pool.copy_records_to_table("last_states", records=[
        (TENANT, v, "moving", _time(START_MS), 50.0, 7.0, 50.0, 90.0, True, 1e6) for v in VEHICLES
    ])  # fmt: skip
    for vehicle_id in VEHICLES[:COUNTED]:
        await pool.copy_records_to_table("rollups", records=[
            (TENANT, vehicle_id, _time(r["bucket_start_ms"]), r["distance_m"], r["driving_s"],
             r["idling_s"], r["max_speed_kmh"], r["fuel_used_l"])
            for r in rollups_of(vehicle_id)
        ])  # fmt: skip
    await pool.execute("vacuum analyze")


async def fill_day(pool: asyncpg.Pool, vehicle_id: UUID, lane: int = 7) -> None:
    await pool.copy_records_to_table("positions", records=[
        (TENANT, vehicle_id, vehicle_id, _time(p.fix_time_ms), p.latitude_deg, p.longitude_deg,
         p.altitude_m, p.speed_kmh, p.course_deg, p.satellites, p.ignition, p.odometer_m)
        for p in day_of(lane)
    ])  # fmt: skip


async def alternate(
    ours: Callable[[], Awaitable[object]], theirs: Callable[[], Awaitable[object]]
) -> tuple[float, float]:
    """Medians in ms, run in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for work in (ours, theirs):
        await work()
    for _ in range(RUNS):
        for work, kept in zip((ours, theirs), times, strict=True):
            start_s = time.perf_counter()
            await work()
            kept.append((time.perf_counter() - start_s) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


async def measure(folder: Path) -> list[Row]:
    telemetry = Telemetry(folder / "clickhouse")
    await telemetry.open()
    await telemetry.migrate()
    postgres = EmbeddedPostgres(folder / "postgres")
    await asyncio.to_thread(postgres.start)
    await migrate(postgres.url)
    await let_roles_log_in(postgres.url)
    url = postgres.url.replace("postgresql+asyncpg", "postgresql")
    try:
        async with asyncpg.create_pool(url, min_size=2, max_size=2) as pool:
            await fill_clickhouse(telemetry)
            await fill_postgres(pool)
            return [*await _http_rows(telemetry, pool, postgres.url), *await _rows(telemetry, pool)]
    finally:
        await telemetry.close()
        await asyncio.to_thread(postgres.stop)


async def _http_rows(telemetry: Telemetry, pool: asyncpg.Pool, url: str) -> list[Row]:
    async with milepost_served(telemetry, url) as (platform, client, port):
        of = await tracked(platform, client, day_of(7), START_MS)
        await fill_day(pool, of.day_vehicle)
        await fill_year(telemetry._derived, pool, of)
        token = of.caller.session["accessToken"]
        async with served(postgres_app(pool, of, DAY_MS)) as other_port:
            day_path, year_path = paths(of, DAY_MS)
            day = await alternate(
                Reader(port, day_path, token).read, Reader(other_port, "/day").read
            )
            year = await alternate(
                Reader(port, year_path, token).read, Reader(other_port, "/year").read
            )
    return [
        _row("a vehicle's day, 8,640 positions, as JSON over HTTP", day, 20),
        _row("a year of one number, 3 million rows to 1,000 points, over HTTP", year, 150),
    ]


async def _rows(telemetry: Telemetry, pool: asyncpg.Pool) -> list[Row]:
    vehicle_id, end_ms = VEHICLES[7], START_MS + DAY_MS
    day = await alternate(
        lambda: telemetry.vehicle_positions(SCOPE, vehicle_id, START_MS, end_ms, 100_000),
        lambda: pool.fetch(DAY, vehicle_id, _time(START_MS), _time(end_ms)),
    )
    states = await alternate(
        lambda: telemetry.last_states(SCOPE), lambda: pool.fetch(STATES, TENANT)
    )
    month = await alternate(
        lambda: telemetry.totals(SCOPE, None, START_MS, START_MS + DAYS * DAY_MS, "day"),
        lambda: pool.fetch(MONTH, TENANT),
    )
    return [
        _row("a vehicle's day, 8,640 positions", day, 30),
        _row("last states of 10,000 vehicles", states, 15),
        _row("a month of daily totals, 1,000 vehicles", month, 150),
    ]


def _row(measure: str, times_ms: tuple[float, float], target_ms: float) -> Row:
    ours, theirs = times_ms
    return Row(
        part="d",
        measure=measure,
        unit="ms",
        milepost=ours,
        baseline=theirs,
        ratio=theirs / ours,
        target=f"< {target_ms:g} ms",
        met=ours < target_ms,
    )


def _time(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def run() -> list[Row]:
    """All rows of part (d)."""
    with TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    for row in run():
        print(row)
