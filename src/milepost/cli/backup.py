"""`milepost backup FILE`: the data of both engines in one file."""

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from milepost.cli.logs import configure_logs
from milepost.settings import Settings, load_settings
from milepost.stores.archive import back_up
from milepost.stores.maintenance import open_for_maintenance
from milepost.workers.recovery import write_tail


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser(
        "backup",
        help="write the data of both engines to a file",
        description="Write the data of both engines to a file. Stop the server of embedded "
        "engines first; engines of your own may go on running.",
    )
    parser.add_argument("file", type=Path, help="archive to write (a tar file)")
    parser.add_argument("--data", type=Path, help="folder of the embedded engines")


def run(args: argparse.Namespace) -> int:
    """Write the archive, telling each table."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    asyncio.run(_back_up(settings, args.file.expanduser().resolve()))
    size_mb = args.file.expanduser().stat().st_size / 1e6
    print(f"{args.file}: {size_mb:,.1f} MB")
    return 0


async def _back_up(settings: Settings, file: Path) -> None:
    async with open_for_maintenance(
        settings.data, settings.database_url, settings.clickhouse_url, settings.log_url
    ) as engines:
        for entries in engines.logs:
            await write_tail(entries, engines.clickhouse)
        await back_up(engines, file, datetime.now(UTC), _show)


def _show(line: str) -> None:
    print(line, flush=True)
