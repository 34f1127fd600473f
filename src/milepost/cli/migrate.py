"""`milepost migrate`: bring both engines to the schema of this version."""

import argparse
import asyncio
import os
from pathlib import Path

from milepost.cli.logs import configure_logs
from milepost.settings import Settings, load_settings
from milepost.stores.clickhouse.migrate import migrate as migrate_clickhouse
from milepost.stores.maintenance import open_for_maintenance
from milepost.stores.postgres.migrate import let_roles_log_in
from milepost.stores.postgres.migrate import migrate as migrate_postgres


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("migrate", help="bring the engines to this version's schema")
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")


def run(args: argparse.Namespace) -> int:
    """Migrate, and say from where to where."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    asyncio.run(_migrate(settings))
    return 0


async def _migrate(settings: Settings) -> None:
    async with open_for_maintenance(
        settings.data, settings.database_url, settings.clickhouse_url, settings.log_url
    ) as engines:
        before, after = await migrate_postgres(engines.postgres_url)
        print(f"PostgreSQL: {before or 'empty'} → {after}")
        if settings.database_url is None:
            await let_roles_log_in(engines.postgres_url)
        old, new = await migrate_clickhouse(engines.clickhouse)
        print(f"ClickHouse: {old or 'empty'} → {new}")
