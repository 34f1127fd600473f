"""Positions, totals and last states in ClickHouse: all of its reads and writes."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.clickhouse.handles import Handles, chdb_client, server_client
from milepost.stores.clickhouse.migrate import migrate
from milepost.stores.derived_arrow import (
    LastState,
    last_states_table,
    read_ids,
    read_last_states,
    rollups_table,
)
from milepost.stores.positions_arrow import POSITIONS_SCHEMA, read_positions, read_times_ms
from milepost.stores.totals_rows import (
    SharedTotal,
    Total,
    read_shared_totals,
    read_totals,
    seconds_of,
)

NO_ID = UUID(int=0)
_DAY_MS = 86_400_000
# Around the range of ClickHouse's DateTime64.
_MIN_TIME_MS = -2_208_988_800_000
_MAX_TIME_MS = 10_413_791_999_999
_FIRST_FEED_WINDOW_MS = 600_000


class StoredPosition(msgspec.Struct, frozen=True, gc=False):
    """A position with what was stored beside it; ids are None where there is none."""

    device_id: UUID
    vehicle_id: UUID | None
    driver_id: UUID | None
    protocol: str
    received_time_ms: int
    fingerprint: int
    position: Position


class PositionCursor(msgspec.Struct, frozen=True, gc=False):
    """A place in a vehicle's history: the last position that was read."""

    fix_time_ms: int
    device_id: UUID
    fingerprint: int


class FeedCursor(msgspec.Struct, frozen=True, gc=False):
    """A place in a tenant's feed: the last position that was read."""

    received_time_ms: int
    device_id: UUID = NO_ID
    fix_time_ms: int = _MIN_TIME_MS
    fingerprint: int = 0


class FeedPage(msgspec.Struct, frozen=True):
    """Some positions of the feed, where to go on, and whether more is known to be there."""

    positions: list[StoredPosition]
    next: FeedCursor
    has_more: bool


class ReceivedRange(msgspec.Struct, frozen=True, gc=False):
    """What was received of a device, within one vehicle, since some instant."""

    tenant_id: UUID
    vehicle_id: UUID
    device_id: UUID
    min_fix_time_ms: int
    max_received_time_ms: int


class Telemetry:
    """ClickHouse, in this process or on a server.

    Commits, derived rows and reads have clients of their own, so that none waits for another.
    """

    def __init__(self, location: Path | str) -> None:
        """Takes a folder for ClickHouse in this process, or the http URL of a server."""

        def open_client() -> Client:
            if isinstance(location, Path):
                return chdb_client(location)
            return server_client(location)

        self._commits = Handles(open_client, 1, "commit")
        self._derived = Handles(open_client, 1, "derived")
        self._reads = Handles(open_client, 3, "read")
        queries = files("milepost.stores.clickhouse") / "queries"
        self._sql = {
            file.name.removesuffix(".sql"): file.read_text()
            for file in (queries / "tenant").iterdir()
        }
        self._received_since = (queries / "ingest" / "received_since.sql").read_text()
        self._newest_received = (queries / "ingest" / "newest_received.sql").read_text()
        self._derive_days = (queries / "ingest" / "day_totals.sql").read_text()

    async def open(self) -> None:
        """Connects.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        for handles in (self._commits, self._derived, self._reads):
            await handles.open()

    async def migrate(self) -> tuple[int, int]:
        """Runs the missing migrations; returns the number before and after.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        return await migrate(self._derived)

    async def warm_up(self) -> None:
        """Makes the first insert, which loads half the engine, before anyone waits for one.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        await self.insert_positions(POSITIONS_SCHEMA.empty_table())

    async def close(self) -> None:
        """Finishes what is under way and disconnects."""
        for handles in (self._reads, self._derived, self._commits):
            await handles.close()

    async def ping(self) -> None:
        """Asks ClickHouse for a sign of life, on the way that commits take.

        Long reads may occupy all other clients: that is no reason to take the server for hung.

        Raises:
            Unavailable: if it gives none.
        """
        await self._commits.command("SELECT 1")

    async def insert_positions(self, table: pa.Table) -> None:
        """Stores a table of `POSITIONS_SCHEMA`; it is on disk when this returns.

        Raises:
            Unavailable: if it was not stored.
        """
        await self._commits.insert("positions", table)

    async def insert_rollups(self, rows: Sequence[Mapping[str, Any]], version: int) -> None:
        """Stores totals of 10 minutes, and from them the totals of the days they lie in.

        Args:
            rows: `tenant_id`, `vehicle_id`, `device_id` as 16 bytes, and domain.Rollup's fields.
            version: higher than that of any earlier call for the same bucket.

        Raises:
            Unavailable: if they were not stored.
        """
        if not rows:
            return
        await self._derived.insert("rollups", rollups_table(rows, version))
        ids = ("tenant_id", "vehicle_id", "device_id")
        units = {tuple(UUID(bytes=row[name]) for name in ids) for row in rows}
        days = {row["bucket_start_ms"] // _DAY_MS * (_DAY_MS // 1000) for row in rows}
        await self._derived.command(
            self._derive_days, {"units": sorted(units), "days": sorted(days)}
        )

    async def insert_last_states(self, rows: Sequence[LastState], version: int) -> None:
        """Stores what vehicles are doing now.

        Raises:
            Unavailable: if it was not stored.
        """
        if rows:
            await self._derived.insert("last_states", last_states_table(rows, version))

    async def device_positions(
        self, device_id: UUID, vehicle_id: UUID, from_ms: int, limit: int, *, tenant_id: UUID
    ) -> list[Position]:
        """A device's first accepted positions within one vehicle, `fix_time_ms >= from_ms`.

        They come in the order of their fix times.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            "tenant_id": tenant_id,
            "vehicle_id": vehicle_id,
            "device_id": device_id,
            "from_ms": _within_range(from_ms),
            "limit": limit,
        }
        return await self._reads.read(self._sql["device_positions"], parameters, read_positions)

    async def received_since(self, received_time_ms: int) -> list[ReceivedRange]:
        """Every device that has accepted positions received at or after an instant.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {"received_time_ms": _within_range(received_time_ms)}
        return await self._reads.read(self._received_since, parameters, _ranges)

    async def newest_received(self, since_ms: int) -> int:
        """When the newest stored position was received; `since_ms` if none was since then.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {"received_time_ms": _within_range(since_ms)}
        newest_ms = await self._reads.read(self._newest_received, parameters, _received)
        return since_ms if newest_ms is None else max(since_ms, newest_ms)

    async def vehicle_positions(
        self,
        scope: Scope,
        vehicle_id: UUID,
        from_ms: int,
        to_ms: int,
        limit: int,
        after: PositionCursor | None = None,
    ) -> list[StoredPosition]:
        """A vehicle's accepted positions with `from_ms <= fix_time_ms < to_ms`, in order.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        cursor = after or PositionCursor(_MIN_TIME_MS, NO_ID, 0)
        parameters = {
            "tenant_id": scope.tenant_id,
            "vehicle_id": vehicle_id,
            "from_ms": _within_range(max(from_ms, cursor.fix_time_ms)),
            "to_ms": _within_range(to_ms),
            "after_fix_time_ms": _within_range(cursor.fix_time_ms),
            "after_device_id": cursor.device_id,
            "after_fingerprint": cursor.fingerprint,
            "limit": limit,
        }
        return await self._reads.read(self._sql["vehicle_positions"], parameters, _stored)

    async def feed(
        self,
        scope: Scope,
        after: FeedCursor | None,
        limit: int,
        *,
        up_to_ms: int,
        vehicle_ids: Sequence[UUID] | None = None,
    ) -> FeedPage:
        """A tenant's accepted positions in the order in which they became durable; none is missed.

        A position that was sent twice may come twice.

        Args:
            scope: whose.
            after: the cursor of the page before; None for the beginning.
            limit: the most positions of the page.
            up_to_ms: up to which received time all commits are known to be complete.
            vehicle_ids: only these vehicles; None for all.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        cursor = after or FeedCursor(_MIN_TIME_MS)
        window_ms = _FIRST_FEED_WINDOW_MS
        while True:
            end_ms = min(cursor.received_time_ms + window_ms, up_to_ms)
            page = await self._feed_window(scope, cursor, limit, end_ms, vehicle_ids)
            if len(page) == limit:
                return FeedPage(page, _feed_cursor(page[-1]), has_more=True)
            if end_ms >= up_to_ms:
                return FeedPage(page, _feed_cursor(page[-1]) if page else cursor, has_more=False)
            if page:
                return FeedPage(page, FeedCursor(end_ms + 1), has_more=True)
            # Nothing in this window: go to where something is.
            first_ms = await self._oldest_received(scope, end_ms)
            if first_ms is None or first_ms > up_to_ms:
                return FeedPage([], cursor, has_more=False)
            cursor = FeedCursor(first_ms)

    async def last_states(
        self, scope: Scope, vehicle_ids: Sequence[UUID] | None = None
    ) -> list[LastState]:
        """What vehicles are doing now; of all the tenant's, or of those given.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = _vehicles(scope, vehicle_ids)
        return await self._reads.read(
            self._sql["last_states"],
            parameters,
            lambda table: read_last_states(table, scope.tenant_id),
        )

    async def vehicles_in_state(
        self, scope: Scope, state: str, oldest_ms: int, *, included: bool
    ) -> str:
        """The ids of the vehicles that are in a state now, or of those that are not, by commas.

        Args:
            scope: whose.
            state: a domain.MotionState.
            oldest_ms: who has given no sign of life since this instant is offline.
            included: whether the vehicles in the state are asked for, or the others.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            "tenant_id": scope.tenant_id,
            "state": state,
            "oldest_ms": _within_range(oldest_ms),
            "included": int(included),
        }
        return await self._reads.read(self._sql["vehicles_in_state"], parameters, _only_text)

    async def totals_together(
        self,
        scope: Scope,
        vehicle_ids: Sequence[UUID],
        from_ms: int,
        to_ms: int,
        bucket: Literal["10min", "day"],
    ) -> list[SharedTotal]:
        """Totals of some vehicles together, per bucket that begins in `[from_ms, to_ms)`.

        The ids are part of the query, which a server takes up to a length: give a few thousand.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            "tenant_id": scope.tenant_id,
            "vehicle_ids": list(vehicle_ids),
            "totals": "rollups" if bucket == "10min" else "day_totals",
            **seconds_of(from_ms, to_ms),
        }
        return await self._reads.read(self._sql["totals_together"], parameters, read_shared_totals)

    async def totals(
        self,
        scope: Scope,
        vehicle_ids: Sequence[UUID] | None,
        from_ms: int,
        to_ms: int,
        bucket: Literal["10min", "day"],
    ) -> list[Total]:
        """Totals per vehicle and bucket that begins in `[from_ms, to_ms)`, in that order.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            **_vehicles(scope, vehicle_ids),
            **seconds_of(from_ms, to_ms),
        }
        sql = self._sql["rollups" if bucket == "10min" else "day_totals"]
        return await self._reads.read(sql, parameters, read_totals)

    async def _feed_window(
        self,
        scope: Scope,
        cursor: FeedCursor,
        limit: int,
        end_ms: int,
        vehicle_ids: Sequence[UUID] | None,
    ) -> list[StoredPosition]:
        parameters = {
            **_vehicles(scope, vehicle_ids),
            "after_received_time_ms": cursor.received_time_ms,
            "after_device_id": cursor.device_id,
            "after_fix_time_ms": cursor.fix_time_ms,
            "after_fingerprint": cursor.fingerprint,
            "up_to_ms": end_ms,
            "limit": limit,
        }
        return await self._reads.read(self._sql["feed"], parameters, _stored)

    async def _oldest_received(self, scope: Scope, after_ms: int) -> int | None:
        parameters = {"tenant_id": scope.tenant_id, "after_ms": after_ms}
        return await self._reads.read(self._sql["oldest_received"], parameters, _received)


def _vehicles(scope: Scope, vehicle_ids: Sequence[UUID] | None) -> dict[str, object]:
    return {
        "tenant_id": scope.tenant_id,
        "all_vehicles": int(vehicle_ids is None),
        "vehicle_ids": list(vehicle_ids or ()),
    }


def _feed_cursor(last: StoredPosition) -> FeedCursor:
    return FeedCursor(
        last.received_time_ms, last.device_id, last.position.fix_time_ms, last.fingerprint
    )


def _stored(table: pa.Table) -> list[StoredPosition]:
    columns = (
        read_ids(table, "device_id"),
        _optional_ids(table, "vehicle_id"),
        _optional_ids(table, "driver_id"),
        table.column("protocol").to_pylist(),
        read_times_ms(table, "received_time"),
        table.column("fingerprint").to_pylist(),
        read_positions(table),
    )
    return [StoredPosition(*row) for row in zip(*columns, strict=True)]


def _ranges(table: pa.Table) -> list[ReceivedRange]:
    ids = [read_ids(table, name) for name in ("tenant_id", "vehicle_id", "device_id")]
    times = [table.column(name).to_pylist() for name in ReceivedRange.__struct_fields__[3:]]
    return [ReceivedRange(*row) for row in zip(*ids, *times, strict=True)]


def _only_text(table: pa.Table) -> str:
    return str(table.column(0)[0].as_py())


def _received(table: pa.Table) -> int | None:
    received_ms = int(table.column("received_time_ms")[0].as_py())
    return received_ms if table.column("found")[0].as_py() else None


def _optional_ids(table: pa.Table, name: str) -> list[UUID | None]:
    return [None if each == NO_ID else each for each in read_ids(table, name)]


def _within_range(time_ms: int) -> int:
    return min(max(time_ms, _MIN_TIME_MS), _MAX_TIME_MS)
