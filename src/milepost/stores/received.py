"""What was received of a unit since some instant."""

from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.stores.derived_arrow import read_ids


class ReceivedRange(msgspec.Struct, frozen=True, gc=False):
    """What was received of a device, within one vehicle, since some instant."""

    tenant_id: UUID
    vehicle_id: UUID
    device_id: UUID
    min_fix_time_ms: int
    max_received_time_ms: int


def read_ranges(table: pa.Table) -> list[ReceivedRange]:
    """Turns the answer of received_since.sql into structs."""
    ids = [read_ids(table, name) for name in ("tenant_id", "vehicle_id", "device_id")]
    times = [table.column(name).to_pylist() for name in ReceivedRange.__struct_fields__[3:]]
    return [ReceivedRange(*row) for row in zip(*ids, *times, strict=True)]
