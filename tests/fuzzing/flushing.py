"""Batches of a fuzz run into real engines: `python -m tests.fuzzing.flushing FOLDER…`.

A batch that an engine does not take is named, and stays where it is.
"""

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import insert

from milepost.domain.scope import Scope
from milepost.features.tenants.tables import tenants
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate
from milepost.stores.telemetry import Telemetry
from tests.fuzzing.batches import read_batch
from tests.fuzzing.engines import flush
from tests.workers.rig import make_rig


@asynccontextmanager
async def engines() -> AsyncIterator[tuple[Database, Telemetry]]:
    with TemporaryDirectory() as name, DataFolder(Path(name)) as folder:
        postgres = EmbeddedPostgres(folder.postgres)
        postgres.start()
        try:
            await migrate(postgres.url)
            await let_roles_log_in(postgres.url)
            database = Database(postgres.url, login_as_role=True)
            telemetry = Telemetry(folder.clickhouse)
            await telemetry.open()
            await telemetry.migrate()
            yield database, telemetry
            await telemetry.close()
            await database.close()
        finally:
            postgres.stop()


async def new_scope(database: Database) -> Scope:
    tenant_id, now = uuid4(), datetime.now(UTC)
    named = {"id": tenant_id, "name": "Fuzz", "slug": str(tenant_id)}
    async with database.operator_transaction() as connection:
        await connection.execute(
            insert(tenants).values(
                **named, adopts_unknown_devices=False, created_at=now, updated_at=now
            )
        )
    return Scope(tenant_id=tenant_id, user_id=None, role="admin")


async def flush_all(folders: Sequence[Path]) -> int:
    """Flush every batch as one device's; how many were not taken."""
    broken = flushed = 0
    async with engines() as (database, telemetry):
        scope = await new_scope(database)
        for path in (path for folder in folders for path in sorted(folder.glob("*"))):
            messages = read_batch(path)
            try:
                await flush(await make_rig(database, telemetry, scope), messages)
                flushed += len(messages)
            except Exception:  # noqa: BLE001 - it is told, and the next batch has its turn
                broken += 1
                print(f"{path}: an engine did not take it\n{traceback.format_exc()}", flush=True)
    print(f"{flushed:,} messages went into both engines", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(flush_all([Path(word) for word in sys.argv[1:]])) else 0)
