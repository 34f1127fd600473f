"""Reports that are stored and do not count, because they seemed to come from the future."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.position import Position
from milepost.stores.derived_arrow import read_ids
from milepost.stores.positions_arrow import RowContext, read_positions, read_times_ms
from milepost.stores.telemetry import FeedCursor, Telemetry

PAGE_ROWS = 2_000


class Wrongly(msgspec.Struct, frozen=True):
    """Between which stamps the server's clock was wrong, and by how much it was behind (ms)."""

    since_ms: int
    until_ms: int
    step_ms: int


class RejectedReport(msgspec.Struct, frozen=True, gc=False):
    """A report with what was stored beside it; `rejected` is why it does not count."""

    tenant_id: UUID
    device_id: UUID
    vehicle_id: UUID
    driver_id: UUID
    protocol: str
    rejected: str
    received_time_ms: int
    fingerprint: int
    position: Position

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The device, and the vehicle that it was in."""
        return (self.device_id, self.vehicle_id)

    def context(self, received_time_ms: int) -> RowContext:
        """The row's context if the report counts and was received now."""
        return RowContext(
            self.tenant_id.bytes,
            self.device_id.bytes,
            self.vehicle_id.bytes,
            self.driver_id.bytes,
            self.protocol,
            received_time_ms,
        )


class RejectedPositions:
    """Reads them, oldest first."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._read = telemetry.read_all_tenants

    async def pages(self, wrongly: Wrongly) -> AsyncIterator[list[RejectedReport]]:
        """Those that are marked `unclocked`, and those of the time in which the clock was wrong.

        Raises:
            Unavailable: ClickHouse does not answer.
        """
        span = {"since_ms": wrongly.since_ms, "until_ms": wrongly.until_ms}
        if not await self._read("any_rejected", span, _count):
            return
        cursor = FeedCursor(0)
        while True:
            parameters = {**span, **cursor.parameters, "limit": PAGE_ROWS}
            page = await self._read("rejected", parameters, _reports)
            if page:
                yield page
                last = page[-1]
                cursor = FeedCursor(
                    last.received_time_ms,
                    last.device_id,
                    last.position.fix_time_ms,
                    last.fingerprint,
                )
            if len(page) < PAGE_ROWS:
                return


def _count(table: pa.Table) -> int:
    return int(table.column("found")[0].as_py())


def _reports(table: pa.Table) -> list[RejectedReport]:
    columns = (
        *(read_ids(table, name) for name in ("tenant_id", "device_id", "vehicle_id", "driver_id")),
        table.column("protocol").to_pylist(),
        table.column("rejected").to_pylist(),
        read_times_ms(table, "received_time"),
        table.column("fingerprint").to_pylist(),
        read_positions(table),
    )
    return [RejectedReport(*row) for row in zip(*columns, strict=True)]
