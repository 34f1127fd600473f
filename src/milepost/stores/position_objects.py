"""A vehicle's positions as JSON, written by the engine: no object a row is made on the way."""

from functools import partial
from typing import Any

import msgspec
import pyarrow as pa

from milepost.domain.scope import Scope
from milepost.stores.cursors import PositionCursor
from milepost.stores.derived_arrow import read_ids
from milepost.stores.positions_arrow import read_times_ms
from milepost.stores.telemetry import Telemetry
from milepost.stores.vehicle_history import VehicleHistory


class PositionObjects(msgspec.Struct, frozen=True):
    """Positions as JSON objects with commas in between; `last` is the last one's place.

    `has_more` says whether others follow it; `last` is None where there is no position.
    """

    data: bytes
    last: PositionCursor | None
    has_more: bool


async def read_position_objects(
    telemetry: Telemetry,
    scope: Scope,
    history: VehicleHistory,
    limit: int,
    after: PositionCursor | None = None,
) -> PositionObjects:
    """The vehicle's first `limit` accepted positions after the cursor, in order.

    Raises:
        Unavailable: if ClickHouse does not answer.
    """
    page = history.page(after, limit + 1)
    convert = partial(_objects, limit=limit)
    return await telemetry.read_history(scope, "vehicle_positions_json", history, page, convert)


def _objects(table: pa.Table, limit: int) -> PositionObjects:
    page = table.slice(0, limit)
    if not len(page):
        return PositionObjects(b"", None, has_more=False)
    return PositionObjects(_joined(page), _place(page.slice(len(page) - 1)), len(table) > limit)


def _joined(page: pa.Table) -> bytes:
    """The texts of the column, which begin with a comma each, without the first comma."""
    column: Any = page.column("object").combine_chunks()
    _, offsets, data = column.buffers()
    ends = memoryview(offsets).cast("i")
    start, end = ends[column.offset], ends[column.offset + len(column)]
    return bytes(memoryview(data)[start + 1 : end])


def _place(row: pa.Table) -> PositionCursor:
    return PositionCursor(
        read_times_ms(row, "fix_time")[0],
        read_ids(row, "device_id")[0],
        row.column("fingerprint")[0].as_py(),
    )
