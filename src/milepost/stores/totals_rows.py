"""What the rebuilding of totals reads and writes in ClickHouse."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.position import Position
from milepost.stores.clickhouse.handles import Handles
from milepost.stores.derived_arrow import read_ids, rollups_table
from milepost.stores.positions_arrow import read_positions

_NO_ID = UUID(int=0)
_VERSIONED = ("rollups", "day_totals", "last_states")
# An empty version of each bucket that was written before the rebuilding and that the rebuilding
# did not write anew. A deletion would rewrite the parts of every month, one after the other: with
# 330 months it took 100 s.
_EMPTY_OLDER = (
    "INSERT INTO {table} SELECT tenant_id, vehicle_id, device_id, bucket_start,"
    " 0, 0, 0, 0, 0, 0, {version:UInt64} FROM {table} FINAL WHERE"
    " (1 = {all_tenants:UInt8} OR tenant_id = {tenant_id:UUID})"
    " AND (1 = {all_vehicles:UInt8} OR vehicle_id = {vehicle_id:UUID})"
    " AND bucket_start >= toDateTime({since_s:Int64}, 'UTC') AND version < {version:UInt64}"
    " AND device_id NOT IN {spared:Array(UUID)} AND position_count > 0"
    " SETTINGS do_not_merge_across_partitions_select_final = 1"
)


class TotalsPart(msgspec.Struct, frozen=True):
    """Which totals: of one tenant or all, of one vehicle or all, from the start of a UTC day on."""

    tenant_id: UUID | None = None
    vehicle_id: UUID | None = None
    since_ms: int = 0


class StoredUnit(msgspec.Struct, frozen=True):
    """A device in a vehicle, and how many positions it has there by day of fix time."""

    tenant_id: UUID
    vehicle_id: UUID
    device_id: UUID
    days: list[tuple[int, int]]


class MissingTotals(msgspec.Struct, frozen=True):
    """A device in a vehicle whose totals lack positions; from which day on, and of how many."""

    tenant_id: UUID
    vehicle_id: UUID
    device_id: UUID
    first_day_ms: int
    positions: int


class TotalsRows:
    """Reads positions and replaces totals, on engines that nobody else uses."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles
        folder = files("milepost.stores.clickhouse") / "queries" / "rebuild"
        self._sql = {file.name.removesuffix(".sql"): file.read_text() for file in folder.iterdir()}

    async def newest_version(self) -> int:
        """The highest version of any total or last state; 0 if there is none.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        versions = [
            await self._handles.read(
                f"SELECT toInt64(max(version)) AS newest FROM {table}",  # noqa: S608 - of the above
                {},
                lambda found: int(found.column("newest")[0].as_py()),
            )
            for table in _VERSIONED
        ]
        return max(versions)

    async def missing(self, watermark_ms: int) -> list[MissingTotals]:
        """Whoever has stored positions, received before the watermark, that no total counts.

        It reads the keys of all positions.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {"watermark_ms": watermark_ms}
        return await self._handles.read(self._sql["missing"], parameters, _missing)

    async def units(self, part: TotalsPart) -> list[StoredUnit]:
        """Whoever has positions in the part, whenever they are.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        return await self._handles.read(self._sql["units"], _parameters(part), _units)

    async def positions(self, unit: StoredUnit, from_ms: int, to_ms: int) -> list[Position]:
        """A unit's accepted positions with `from_ms <= fix_time_ms < to_ms`, in order.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            "tenant_id": unit.tenant_id,
            "vehicle_id": unit.vehicle_id,
            "device_id": unit.device_id,
            "from_ms": from_ms,
            "to_ms": to_ms,
        }
        return await self._handles.read(self._sql["positions"], parameters, read_positions)

    async def insert(self, rows: Sequence[Mapping[str, Any]], version: int) -> None:
        """Stores totals of 10 minutes; see `Telemetry.insert_rollups` for the rows.

        Raises:
            Unavailable: if they were not stored.
        """
        if rows:
            await self._handles.insert("rollups", rollups_table(rows, version))

    async def finish(self, part: TotalsPart, version: int, spared: Sequence[UUID]) -> None:
        """Empties what no position gives any more, except of spared devices; sums up the days.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = _parameters(part) | {"version": version, "spared": list(spared)}
        await self._handles.command(_empty_older("rollups"), parameters)
        await self._handles.command(self._sql["days"], parameters)
        await self._handles.command(_empty_older("day_totals"), parameters)


def _empty_older(table: str) -> str:
    return _EMPTY_OLDER.replace("{table}", table)


def _parameters(part: TotalsPart) -> dict[str, object]:
    return {
        "all_tenants": int(part.tenant_id is None),
        "tenant_id": part.tenant_id or _NO_ID,
        "all_vehicles": int(part.vehicle_id is None),
        "vehicle_id": part.vehicle_id or _NO_ID,
        "since_s": part.since_ms // 1000,
    }


def _missing(table: pa.Table) -> list[MissingTotals]:
    ids = [read_ids(table, name) for name in ("tenant_id", "vehicle_id", "device_id")]
    numbers = [table.column(name).to_pylist() for name in ("first_day_ms", "positions")]
    return [MissingTotals(*row) for row in zip(*ids, *numbers, strict=True)]


def _units(table: pa.Table) -> list[StoredUnit]:
    ids = [read_ids(table, name) for name in ("tenant_id", "vehicle_id", "device_id")]
    starts: list[Any] = table.column("day_starts_ms").to_pylist()
    counts: list[Any] = table.column("counts").to_pylist()
    days = [list(zip(*each, strict=True)) for each in zip(starts, counts, strict=True)]
    return [StoredUnit(*row) for row in zip(*ids, days, strict=True)]
