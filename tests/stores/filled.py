"""Programs for processes of their own, since chDB has one folder per process.

`python -m tests.stores.filled fill|show|lose FOLDER`: makes data in both engines of a data folder,
prints all there are as JSON, or changes some and prints.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, text

from milepost.domain.vehicle_state import VehicleState
from milepost.features.events.tables import events
from milepost.features.fleets.tables import fleets
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.positions_arrow import build_table
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate
from milepost.stores.telemetry import LastState, Telemetry
from tests.conftest import admin_of
from tests.stores.samples import FULL, START_MS, context, drive

TENANT, FLEET, VEHICLE, DEVICE, EVENT = (UUID(int=n) for n in range(1, 6))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROLLUP = {
    "tenant_id": TENANT.bytes,
    "vehicle_id": VEHICLE.bytes,
    "device_id": DEVICE.bytes,
    "bucket_start_ms": START_MS // 600_000 * 600_000,
    "position_count": 10,
    "distance_m": 1000.5,
    "driving_s": 300.0,
    "idling_s": 60.0,
    "max_speed_kmh": 50.0,
    "fuel_used_l": 0.25,
}


async def fill(database: Database, telemetry: Telemetry) -> None:
    made = {"created_at": NOW, "updated_at": NOW}
    async with database.operator_transaction() as connection:
        tenant = {"id": TENANT, "name": 'A "quoted", name\nof two lines', "slug": "a"}
        await connection.execute(insert(tenants).values(**tenant, **made))
        fleet = {"id": FLEET, "tenant_id": TENANT, "name": "", "description": None}
        await connection.execute(insert(fleets).values(**fleet, **made))
        vehicle = {"id": VEHICLE, "tenant_id": TENANT, "name": "V", "fleet_id": FLEET}
        await connection.execute(
            insert(vehicles).values(**vehicle, thresholds={"stop_min_duration_s": 1.5}, **made)
        )
        event = {"id": EVENT, "tenant_id": TENANT, "device_id": DEVICE, "kind": "alarm"}
        times = {"fix_time": NOW, "received_time": NOW, "decided_fix_time_ms": 1}
        await connection.execute(
            insert(events).values(**event, **times, detail={"text": "ä, \\n", "none": None})
        )
    rows = [FULL, *drive(1000)]
    row = context(TENANT, DEVICE, VEHICLE)
    await telemetry.insert_positions(build_table([row] * len(rows), rows))
    await telemetry.insert_rollups([ROLLUP], 7)
    state = VehicleState(VEHICLE, None, "moving", START_MS, START_MS)
    await telemetry.insert_last_states([LastState(TENANT, DEVICE, state)], 7)


async def show(database: Database, telemetry: Telemetry) -> None:
    scope, far_ms = admin_of(TENANT), 4_000_000_000_000
    async with database.operator_transaction() as connection:
        rows = [
            dict(row)
            for table in (tenants, fleets, vehicles, events)
            for row in (await connection.execute(select(table))).mappings()
        ]
    answers = [
        rows,
        await telemetry.vehicle_positions(scope, VEHICLE, 0, far_ms, 10_000),
        await telemetry.last_states(scope),
        await telemetry.totals(scope, None, 0, far_ms, "10min"),
        await telemetry.totals(scope, None, 0, far_ms, "day"),
    ]
    print(msgspec.json.encode(answers).decode())


async def lose(database: Database, telemetry: Telemetry) -> None:
    async with database.operator_transaction() as connection:
        await connection.execute(text("DELETE FROM vehicles"))
    row = context(TENANT, DEVICE, VEHICLE)
    await telemetry.insert_positions(build_table([row] * 5, drive(5, start_ms=START_MS + 10**9)))
    await show(database, telemetry)


async def run(action: str, path: Path) -> None:
    with DataFolder(path) as folder:
        server = EmbeddedPostgres(folder.postgres)
        server.start()
        await migrate(server.url)
        await let_roles_log_in(server.url)
        database = Database(server.url, login_as_role=True)
        telemetry = Telemetry(folder.clickhouse)
        await telemetry.open()
        await telemetry.migrate()
        await {"fill": fill, "show": show, "lose": lose}[action](database, telemetry)
        await telemetry.close()
        await database.close()
        server.stop()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2])))
