"""Totals as ClickHouse answers them."""

from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.stores.derived_arrow import read_ids


class Total(msgspec.Struct, frozen=True, gc=False):
    """A vehicle's totals in one bucket (10 minutes or a UTC day)."""

    vehicle_id: UUID
    bucket_start_ms: int
    position_count: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float


class SharedTotal(msgspec.Struct, frozen=True, gc=False):
    """The totals of several vehicles together in one bucket (10 minutes or a UTC day)."""

    bucket_start_ms: int
    vehicle_count: int
    position_count: int
    distance_m: float
    driving_s: float
    idling_s: float
    max_speed_kmh: float
    fuel_used_l: float


def read_totals(table: pa.Table) -> list[Total]:
    """The rows of `rollups.sql` and `day_totals.sql`."""
    columns = [table.column(name).to_pylist() for name in Total.__struct_fields__[1:]]
    return [Total(*row) for row in zip(read_ids(table, "vehicle_id"), *columns, strict=True)]


def read_shared_totals(table: pa.Table) -> list[SharedTotal]:
    """The rows of `totals_together.sql`."""
    columns = [table.column(name).to_pylist() for name in SharedTotal.__struct_fields__]
    return [SharedTotal(*row) for row in zip(*columns, strict=True)]


def seconds_of(from_ms: int, to_ms: int) -> dict[str, object]:
    """The parameters of a period of totals, whose buckets begin at whole seconds."""
    return {
        "from_s": max(0, -(-from_ms // 1000)),
        "to_s": min(max(0, -(-to_ms // 1000)), 4_294_967_295),
    }
