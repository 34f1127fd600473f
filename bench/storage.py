"""(c): bytes on disk of a position, on the real recordings of the demo; against PostgreSQL rows.

Both sides hold every report of the demo's buses and cars, once, with all that was measured in it.
ClickHouse is measured after its parts are merged, as it keeps history; PostgreSQL with its primary
key, after VACUUM FULL.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import asyncpg
import clickhouse_connect
import msgspec

from bench.report import Row
from milepost.domain.position import Position
from milepost.gateway.gate import check_position
from milepost.simulator.demo import demo_fleet
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.positions_arrow import RowContext, build_table
from milepost.stores.telemetry import Telemetry

START_MS = 1_767_225_600_000
NO_ID = UUID(int=0)
TARGET_BYTES = 15.0

_TYPES = {
    "fix_time_ms": "timestamptz",
    "valid": "bool",
    "satellites": "smallint",
    "ignition": "bool",
    "brake_pedal": "bool",
    "gear": "smallint",
    "alarm": "text",
    "damaged": "bool",
    "tire_pressures_kpa": "float8[]",
    "event_codes": "text[]",
    "signals": "jsonb",
    "attributes": "jsonb",
}
COLUMNS = ", ".join(f"{name} {_TYPES.get(name, 'float8')}" for name in Position.__struct_fields__)
TABLE = f"""
create table positions (tenant_id uuid, device_id uuid, vehicle_id uuid, protocol text,
  received_time timestamptz, {COLUMNS}, primary key (device_id, fix_time_ms))
"""


def recordings() -> list[tuple[UUID, str, list[Position]]]:
    """Device, protocol and every recorded position, as the gate gives it, of each demo vehicle."""
    return [
        (
            uuid4(),
            vehicle.protocol,
            [
                check_position(
                    msgspec.structs.replace(each, fix_time_ms=START_MS + each.fix_time_ms), []
                )
                for each in vehicle.loop.positions
            ],
        )
        for vehicle in demo_fleet(Path("demo"))
    ]


async def clickhouse_bytes(folder: Path, tracks: list, tenant: UUID) -> float:
    telemetry = Telemetry(folder / "clickhouse")
    await telemetry.open()
    await telemetry.migrate()
    for device, protocol, positions in tracks:
        context = RowContext(
            tenant.bytes, device.bytes, device.bytes, NO_ID.bytes, protocol, START_MS
        )
        await telemetry.insert_positions(build_table([context] * len(positions), positions))
    await telemetry.close()
    client = clickhouse_connect.get_client(interface="chdb", path=str(folder / "clickhouse"))
    client.command("OPTIMIZE TABLE positions FINAL")
    rows, size = client.query(
        "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts "
        "WHERE table = 'positions' AND active AND database = currentDatabase()"
    ).first_row
    client.close()
    return float(size) / float(rows)


async def postgres_bytes(folder: Path, tracks: list, tenant: UUID) -> float:
    postgres = EmbeddedPostgres(folder / "postgres")
    await asyncio.to_thread(postgres.start)
    url = postgres.url.replace("postgresql+asyncpg", "postgresql")
    try:
        connection = await asyncpg.connect(url)
        await connection.execute(TABLE)
        count = 0
        for device, protocol, positions in tracks:
            rows = {
                position.fix_time_ms: (
                    tenant, device, device, protocol, _time(START_MS), *_values(position)
                )
                for position in positions
            }  # fmt: skip
            await connection.copy_records_to_table("positions", records=list(rows.values()))
            count += len(rows)
        await connection.execute("VACUUM FULL positions")
        size = await connection.fetchval("SELECT pg_total_relation_size('positions')")
        await connection.close()
    finally:
        await asyncio.to_thread(postgres.stop)
    return float(size) / count


def _values(position: Position) -> list:
    values = list(msgspec.structs.astuple(position))
    values[0] = _time(position.fix_time_ms)
    values[-2:] = [msgspec.json.encode(each).decode() for each in values[-2:]]
    return values


def _time(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


async def measure(folder: Path) -> list[Row]:
    tracks, tenant = recordings(), uuid4()
    ours = await clickhouse_bytes(folder, tracks, tenant)
    theirs = await postgres_bytes(folder, tracks, tenant)
    count = sum(len(positions) for _, _, positions in tracks)
    return [
        Row(
            part="c",
            measure=f"on disk per position, {count:,} real reports",
            unit="bytes",
            milepost=ours,
            baseline=theirs,
            ratio=theirs / ours,
            target=f"≤ {TARGET_BYTES:g} bytes",
            met=ours <= TARGET_BYTES,
        )
    ]


def run() -> list[Row]:
    """All rows of part (c)."""
    with TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    for row in run():
        print(row)
