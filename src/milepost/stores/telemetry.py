"""Positions, totals and last states in ClickHouse: all of its reads and writes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.stores.chosen_vehicles import ChosenVehicles
from milepost.stores.clickhouse.handles import Handles, chdb_client, server_client
from milepost.stores.clickhouse.migrate import migrate
from milepost.stores.clickhouse.sql_files import queries_of
from milepost.stores.cursors import (
    MIN_TIME_MS,
    FeedCursor,
    FeedPage,
    PositionCursor,
    within_range,
)
from milepost.stores.derived_arrow import (
    LastState,
    last_states_table,
    read_last_states,
    rollups_table,
)
from milepost.stores.positions_arrow import POSITIONS_SCHEMA, read_positions
from milepost.stores.received import ReceivedRange, read_ranges
from milepost.stores.stored_positions import NO_ID, StoredPosition, read_stored
from milepost.stores.totals_read import Total, read_totals, seconds_of
from milepost.stores.totals_rows import TotalsRows
from milepost.stores.touched_days import touched_days
from milepost.stores.vehicle_history import VehicleHistory

__all__ = [
    "NO_ID",
    "FeedCursor",
    "FeedPage",
    "LastState",
    "PositionCursor",
    "ReceivedRange",
    "StoredPosition",
    "Telemetry",
    "Total",
]

T = TypeVar("T")

CatchUp = Callable[[UUID], Awaitable[None]]

_FIRST_FEED_WINDOW_MS = 600_000


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

        self._catch_up: CatchUp = _nothing_waits
        self._commits = Handles(open_client, 1, "commit")
        self._derived = Handles(open_client, 1, "derived")
        self._reads = Handles(open_client, 3, "read")
        self.totals_rows = TotalsRows(self._derived)
        self._sql = queries_of("tenant")
        self._ingest_sql = queries_of("ingest")

    def read_after(self, catch_up: CatchUp) -> None:
        """Positions are read once `catch_up` has returned.

        It is called with the vehicle, and brings here what is acknowledged and waits elsewhere.
        """
        self._catch_up = catch_up

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
            rows: `tenant_id`, `vehicle_id`, `device_id` as 16 bytes, and domain.Rollup's fields;
                a bucket without positions counts as none.
            version: higher than that of any earlier call for the same bucket.

        Raises:
            Unavailable: if they were not stored.
        """
        if not rows:
            return
        # In the engine's thread: a refold may bring a hundred thousand rows.
        await self._derived.run(
            lambda client: client.insert_arrow("rollups", rollups_table(rows, version))
        )
        for units, days in touched_days(rows):
            await self._derived.command(
                self._ingest_sql["day_totals"], {"units": units, "days": days}
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
            "from_ms": within_range(from_ms),
            "limit": limit,
        }
        return await self._reads.read(self._sql["device_positions"], parameters, read_positions)

    async def received_since(self, received_time_ms: int) -> list[ReceivedRange]:
        """Every device that has accepted positions received at or after an instant.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {"received_time_ms": within_range(received_time_ms)}
        return await self._reads.read(self._ingest_sql["received_since"], parameters, read_ranges)

    async def earliest_fix(
        self, device_id: UUID, vehicle_id: UUID, received_time_ms: int, *, tenant_id: UUID
    ) -> int | None:
        """The earliest fix time among a unit's positions received at or after an instant.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {
            "tenant_id": tenant_id,
            "vehicle_id": vehicle_id,
            "device_id": device_id,
            "received_time_ms": within_range(received_time_ms),
        }
        sql = self._ingest_sql["unit_received_since"]
        return await self._reads.read(
            sql, parameters, lambda table: _received(table, "fix_time_ms")
        )

    async def read_all_tenants(
        self, name: str, parameters: Mapping[str, object], convert: Callable[[pa.Table], T]
    ) -> T:
        """Answers a query of `queries/ingest`, by its name.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        return await self._reads.read(self._ingest_sql[name], parameters, convert)

    async def newest_received(self, since_ms: int) -> int:
        """When the newest stored position was received; `since_ms` if none was since then.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        parameters = {"received_time_ms": within_range(since_ms)}
        sql = self._ingest_sql["newest_received"]
        newest_ms = await self._reads.read(sql, parameters, _received)
        return since_ms if newest_ms is None else max(since_ms, newest_ms)

    async def vehicle_positions(
        self,
        scope: Scope,
        vehicle_id: UUID,
        from_ms: int,
        to_ms: int,
        limit: int,
        after: PositionCursor | None = None,
        spans: Sequence[tuple[int, int]] | None = None,
    ) -> list[StoredPosition]:
        """A vehicle's accepted positions with `from_ms <= fix_time_ms < to_ms`, in order.

        Of these only what lies in one of the `spans`, `[from, to)`; None for all.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        history = VehicleHistory(vehicle_id, from_ms, to_ms, spans)
        page = history.page(after, limit)
        return await self.read_history(scope, "vehicle_positions", history, page, read_stored)

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
        cursor = after or FeedCursor(MIN_TIME_MS)
        window_ms = _FIRST_FEED_WINDOW_MS
        chosen = ChosenVehicles(scope, vehicle_ids)
        while True:
            end_ms = min(cursor.received_time_ms + window_ms, up_to_ms)
            found = await self._feed_window(chosen, cursor, limit, end_ms)
            page = chosen.keep(found, lambda each: each.vehicle_id)
            if len(found) == limit:
                cursor = _feed_cursor(found[-1])
                if page:
                    return FeedPage(page, cursor, has_more=True)
                continue
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
        chosen = ChosenVehicles(scope, vehicle_ids)

        def read(table: pa.Table) -> list[LastState]:
            states = read_last_states(table, scope.tenant_id)
            return chosen.keep(states, lambda each: each.state.vehicle_id)

        return await self._reads.read(self._sql["last_states"], chosen.parameters, read)

    async def read(
        self,
        scope: Scope,
        name: str,
        parameters: Mapping[str, object],
        convert: Callable[[pa.Table], T],
    ) -> T:
        """Answers a query of `queries/tenant`, by its name, about the scope's tenant.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        own = {**parameters, "tenant_id": scope.tenant_id}
        return await self._reads.read(self._sql[name], own, convert)

    async def read_history(
        self,
        scope: Scope,
        name: str,
        history: VehicleHistory,
        parameters: Mapping[str, object],
        convert: Callable[[pa.Table], T],
    ) -> T:
        """Answers a query of `queries/tenant` about a span of one vehicle's positions.

        Raises:
            Unavailable: if ClickHouse does not answer.
        """
        await self._catch_up(history.vehicle_id)
        return await self.read(scope, name, {**history.parameters, **parameters}, convert)

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
        chosen = ChosenVehicles(scope, vehicle_ids)
        parameters = {
            **chosen.parameters,
            **seconds_of(from_ms, to_ms),
        }
        sql = self._sql["rollups" if bucket == "10min" else "day_totals"]
        return await self._reads.read(
            sql,
            parameters,
            lambda table: chosen.keep(read_totals(table), lambda each: each.vehicle_id),
        )

    async def _feed_window(
        self, chosen: ChosenVehicles, cursor: FeedCursor, limit: int, end_ms: int
    ) -> list[StoredPosition]:
        parameters = {
            **chosen.parameters,
            **cursor.parameters,
            "up_to_ms": end_ms,
            "limit": limit,
        }
        return await self._reads.read(self._sql["feed"], parameters, read_stored)

    async def _oldest_received(self, scope: Scope, after_ms: int) -> int | None:
        parameters = {"tenant_id": scope.tenant_id, "after_ms": after_ms}
        return await self._reads.read(self._sql["oldest_received"], parameters, _received)


def _feed_cursor(last: StoredPosition) -> FeedCursor:
    return FeedCursor(
        last.received_time_ms, last.device_id, last.position.fix_time_ms, last.fingerprint
    )


def _received(table: pa.Table, name: str = "received_time_ms") -> int | None:
    time_ms = int(table.column(name)[0].as_py())
    return time_ms if table.column("found")[0].as_py() else None


async def _nothing_waits(_vehicle_id: UUID) -> None:
    """Whoever writes positions here does it before they are acknowledged."""
