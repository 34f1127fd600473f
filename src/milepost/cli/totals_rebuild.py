"""`milepost totals rebuild`: totals derived again from the stored positions."""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from uuid_utils.compat import uuid7

from milepost.cli.logs import configure_logs
from milepost.errors import InvalidInput, NotFound
from milepost.features.tenants.store import find_tenant_by_slug
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

TELL_EVERY_S = 5.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "totals rebuild",
        help="derive totals again from the stored positions",
        description="Derive the totals of 10 minutes and of days again from the stored positions. "
        "Stop the server first.",
    )
    parser.add_argument("--tenant", metavar="SLUG", help="only this tenant's")
    parser.add_argument("--vehicle", metavar="ID", type=UUID, help="only this vehicle's")
    parser.add_argument(
        "--since", metavar="DAY", help="only from this UTC day on (2026-01-31); faster"
    )
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")


def run(args: argparse.Namespace) -> int:
    """Rebuild, telling how far it has come; 1 if a device could not be."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    since_ms = _since_ms(args.since)
    done = asyncio.run(_rebuild(settings, args.tenant, args.vehicle, since_ms))
    print(
        f"{done.totals:,} totals of 10 minutes from {done.positions:,} positions "
        f"of {done.units:,} devices"
    )
    for unit in done.failed:
        print(f"not rebuilt: device {unit.device_id} in vehicle {unit.vehicle_id}")
    return 1 if done.failed else 0


async def _rebuild(
    settings: Settings, slug: str | None, vehicle_id: UUID | None, since_ms: int
) -> Rebuilt:
    async with _open(settings) as (database, rows):
        tenant_id = None if slug is None else await _tenant_id(database, slug)
        store = ProcessorStore(database, None, uuid7)
        part = TotalsPart(tenant_id, vehicle_id, since_ms)
        now_ms = time.time_ns() // 1_000_000
        return await TotalsRebuild(store, rows).run(part, now_ms, Teller())


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[Database, TotalsRows]]:
    is_embedded = settings.database_url is None
    async with open_for_maintenance(
        settings.data, settings.database_url, settings.clickhouse_url
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


async def _tenant_id(database: Database, slug: str) -> UUID:
    async with database.operator_transaction() as connection:
        tenant = await find_tenant_by_slug(connection, slug)
    if tenant is None:
        raise NotFound("tenant", slug)
    return tenant.id


class Teller:
    """Prints how far it has come, every few seconds and at the end."""

    def __init__(self) -> None:
        self._told_s = time.monotonic()

    def __call__(self, done: int, of: int, positions: int) -> None:
        """Note progress; print it if it is time."""
        if done < of and time.monotonic() - self._told_s < TELL_EVERY_S:
            return
        self._told_s = time.monotonic()
        print(f"{done:,} of {of:,} devices, {positions:,} positions", flush=True)


def _since_ms(text: str | None) -> int:
    if text is None:
        return 0
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput("--since", text, "a day like 2026-01-31") from None
    return max(0, int(day.timestamp() * 1000))
