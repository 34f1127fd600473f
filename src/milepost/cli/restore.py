"""`milepost restore FILE`: put the data of a backup in place."""

import argparse
import asyncio
import os
from pathlib import Path

from milepost.cli.logs import configure_logs
from milepost.settings import Settings, load_settings
from milepost.stores.archive import read_archive, restore
from milepost.stores.maintenance import open_for_maintenance
from milepost.stores.postgres.migrate import let_roles_log_in


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "restore",
        help="put the data of a backup in place",
        description="Put the data of a backup in place, in engines that hold none yet. "
        "Stop the server first.",
    )
    parser.add_argument("file", type=Path, help="archive written by `milepost backup`")
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")
    parser.add_argument("--force", action="store_true", help="replace the data that are there")


def run(args: argparse.Namespace) -> int:
    """Restore the archive, telling each table."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    file = args.file.expanduser()
    manifest = read_archive(file)
    if not manifest.has_checksums:
        _show("this backup of an older version has no checksums: damage cannot be told")
    asyncio.run(_restore(settings, file, force=args.force))
    print(f"restored the backup of {manifest.created_at:%Y-%m-%d %H:%M} UTC")
    return 0


async def _restore(settings: Settings, file: Path, *, force: bool) -> None:
    async with open_for_maintenance(
        settings.data, settings.database_url, settings.clickhouse_url, settings.log_url
    ) as engines:
        await restore(engines, file, _show, force=force)
        for entries in engines.logs:
            # What they hold is of the data that were here before.
            await entries.trim(entries.newest_place)
        if settings.database_url is None:
            await let_roles_log_in(engines.postgres_url)


def _show(line: str) -> None:
    print(line, flush=True)
