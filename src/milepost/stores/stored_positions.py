"""Positions as they come back from the table, with what was stored beside them."""

from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.position import Position
from milepost.stores.derived_arrow import read_ids
from milepost.stores.positions_arrow import read_positions, read_times_ms

NO_ID = UUID(int=0)


class StoredPosition(msgspec.Struct, frozen=True, gc=False):
    """A position with what was stored beside it; ids are None where there is none."""

    device_id: UUID
    vehicle_id: UUID | None
    driver_id: UUID | None
    protocol: str
    received_time_ms: int
    fingerprint: int
    position: Position


def read_stored(table: pa.Table) -> list[StoredPosition]:
    """Turns an answer with all columns of `positions` into structs."""
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


def _optional_ids(table: pa.Table, name: str) -> list[UUID | None]:
    return [None if each == NO_ID else each for each in read_ids(table, name)]
