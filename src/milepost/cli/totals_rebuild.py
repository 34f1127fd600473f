"""`milepost totals rebuild`: totals derived again from the stored positions."""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from uuid_utils.compat import uuid7

from milepost.cli.logs import configure_logs
from milepost.cli.rebuilding import Teller, add_part_flags, since_ms, tenant_id
from milepost.settings import Settings, load_settings
from milepost.stores.clickhouse.migrate import migrate as migrate_clickhouse
from milepost.stores.maintenance import open_for_maintenance
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in
from milepost.stores.postgres.migrate import migrate as migrate_postgres
from milepost.stores.totals_rows import TotalsPart, TotalsRows
from milepost.workers.processor_store import ProcessorStore
from milepost.workers.recovery import write_tail
from milepost.workers.totals_rebuild import Rebuilt, TotalsRebuild


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "totals rebuild",
        help="derive totals again from the stored positions",
        description="Derive the totals of 10 minutes and of days again from the stored positions. "
        "Stop the server first.",
    )
    add_part_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Rebuild, telling how far it has come; 1 if a device could not be."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    done = asyncio.run(_rebuild(settings, args.tenant, args.vehicle, since_ms(args.since)))
    print(
        f"{done.totals:,} totals of 10 minutes from {done.positions:,} positions "
        f"of {done.units:,} devices"
    )
    for unit in done.failed:
        print(f"not rebuilt: device {unit.device_id} in vehicle {unit.vehicle_id}")
    return 1 if done.failed else 0


async def _rebuild(
    settings: Settings, slug: str | None, vehicle_id: UUID | None, from_ms: int
) -> Rebuilt:
    async with _open(settings) as (database, rows):
        owner = None if slug is None else await tenant_id(database, slug)
        store = ProcessorStore(database, None, uuid7)
        part = TotalsPart(owner, vehicle_id, from_ms)
        now_ms = time.time_ns() // 1_000_000
        return await TotalsRebuild(store, rows).run(part, now_ms, Teller())


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[Database, TotalsRows]]:
    is_embedded = settings.database_url is None
    async with open_for_maintenance(
        settings.data, settings.database_url, settings.clickhouse_url, settings.log_url
    ) as engines:
        await migrate_postgres(engines.postgres_url)
        if is_embedded:
            await let_roles_log_in(engines.postgres_url)
        await migrate_clickhouse(engines.clickhouse)
        for entries in engines.logs:
            await write_tail(entries, engines.clickhouse)
        database = Database(engines.postgres_url, login_as_role=is_embedded)
        try:
            yield database, TotalsRows(engines.clickhouse)
        finally:
            await database.close()
