"""Backup and restore of both engines: tables to an archive and back."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from milepost.errors import Conflict
from milepost.stores.archive_file import (
    FORMAT,
    Manifest,
    check_archive,
    newer_archive,
    pack,
    unpack,
)
from milepost.stores.clickhouse import copying as clickhouse
from milepost.stores.clickhouse.migrate import current_number, newest_number
from milepost.stores.clickhouse.migrate import migrate as migrate_clickhouse
from milepost.stores.maintenance import MaintainedEngines
from milepost.stores.postgres import copying as postgres
from milepost.stores.postgres.migrate import current_revision, known_revisions
from milepost.stores.postgres.migrate import migrate as migrate_postgres
from milepost.stores.work_folder import work_folder

Progress = Callable[[str], None]


def read_archive(file: Path) -> Manifest:
    """Checks an archive whole, and says what it holds.

    Raises:
        InvalidInput: if the file is no archive, or one of a newer version of Milepost.
        DamagedArchive: if it is not what was written.
    """
    manifest = check_archive(file)
    _refuse_newer(file, manifest)
    return manifest


async def back_up(
    engines: MaintainedEngines, file: Path, now: datetime, progress: Progress
) -> Manifest:
    """Writes an archive; `file` appears when it is complete.

    PostgreSQL goes first: positions that are stored while it is copied lie after the processor's
    checkpoint, and are folded again when a server starts on the restored data.

    Raises:
        Conflict: if the file is there already.
        Unavailable: if an engine or the disk fails.
    """
    _refuse_existing(file)
    with work_folder(file.parent, "backup") as folder:
        manifest = await _dump(engines, folder, now, progress)
        await asyncio.to_thread(pack, folder, manifest, file)
    return manifest


async def restore(
    engines: MaintainedEngines, file: Path, progress: Progress, *, force: bool
) -> Manifest:
    """Replaces all data by those of an archive, then brings both schemas to this version.

    Raises:
        InvalidInput: if the file is no archive, or one of a newer version of Milepost.
        DamagedArchive: if it is not what was written; nothing is changed then.
        Conflict: if there are data and `force` is not given, or the schema is newer than the
            archive's.
        Unavailable: if an engine or the disk fails.
    """
    with work_folder(engines.scratch, "restore") as folder:
        manifest = await asyncio.to_thread(unpack, file, folder)
        _refuse_newer(file, manifest)
        await _prepare(engines, manifest, force=force)
        await _load(engines, manifest, folder, progress)
    await migrate_postgres(engines.postgres_url)
    await migrate_clickhouse(engines.clickhouse)
    return manifest


async def _dump(
    engines: MaintainedEngines, folder: Path, now: datetime, progress: Progress
) -> Manifest:
    for part in ("postgres", "clickhouse"):
        (folder / part).mkdir()
    revision = await current_revision(engines.postgres_url)
    if revision is None:
        raise Conflict("backup", "the database is empty")
    postgres_rows = await postgres.dump_tables(
        engines.postgres_url, folder / "postgres", _telling(progress, "PostgreSQL")
    )
    clickhouse_rows = {}
    for table in clickhouse.TABLES:
        target = folder / "clickhouse" / f"{table}.parquet"
        clickhouse_rows[table] = await clickhouse.dump_table(engines.clickhouse, table, target)
        _telling(progress, "ClickHouse")(table, clickhouse_rows[table])
    number = await current_number(engines.clickhouse)
    return Manifest(FORMAT, now, revision, number, postgres_rows, clickhouse_rows)


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise Conflict("backup", f"{file} is there already")


def _refuse_newer(file: Path, manifest: Manifest) -> None:
    if (
        manifest.postgres_revision not in known_revisions()
        or manifest.clickhouse_number > newest_number()
    ):
        raise newer_archive(file)


async def _prepare(engines: MaintainedEngines, manifest: Manifest, *, force: bool) -> None:
    """Brings empty engines to the schemas that the archive was made with."""
    url = engines.postgres_url
    before = await current_revision(url)
    if before is not None and not force and not await _is_empty(engines):
        raise Conflict("restore", "there are data here; --force replaces them")
    _, revision = await migrate_postgres(url, revision=manifest.postgres_revision)
    _, number = await migrate_clickhouse(engines.clickhouse, until=manifest.clickhouse_number)
    if (revision, number) != (manifest.postgres_revision, manifest.clickhouse_number):
        raise Conflict("restore", "the schema here is newer than the archive's: use a new folder")


async def _is_empty(engines: MaintainedEngines) -> bool:
    if not await postgres.is_empty(engines.postgres_url):
        return False
    if await current_number(engines.clickhouse) == 0:
        return True
    return not await clickhouse.count_rows(engines.clickhouse, "positions")


async def _load(
    engines: MaintainedEngines, manifest: Manifest, folder: Path, progress: Progress
) -> None:
    # ClickHouse has no transaction over tables: PostgreSQL goes last, so that a restore that was
    # interrupted leaves no tenant who would see half of the data.
    await clickhouse.empty_tables(engines.clickhouse)
    for table in manifest.clickhouse_tables:
        source = folder / "clickhouse" / f"{table}.parquet"
        rows = await clickhouse.load_table(engines.clickhouse, table, source)
        _telling(progress, "ClickHouse")(table, rows)
    tables = list(manifest.postgres_tables)
    tell = _telling(progress, "PostgreSQL")
    await postgres.load_tables(engines.postgres_url, folder / "postgres", tables, tell)


def _telling(progress: Progress, engine: str) -> Callable[[str, int], None]:
    return lambda table, rows: progress(f"{engine:10} {table:22} {rows:>12,} rows")
