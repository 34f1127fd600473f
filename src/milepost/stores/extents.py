"""How many positions there are since a time."""

from datetime import datetime
from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.scope import Scope
from milepost.stores.cursors import within_range
from milepost.stores.telemetry import Telemetry

_NO_ID = UUID(int=0)


class Extent(msgspec.Struct, frozen=True):
    """So many positions, of so many devices in so many vehicles."""

    positions: int
    devices: int
    vehicles: int


async def extent_since(
    telemetry: Telemetry, scope: Scope, vehicle_id: UUID | None, since: datetime
) -> Extent:
    """The accepted positions of a vehicle, or of all, with a fix at or after a time.

    One that was sent twice may count twice.

    Raises:
        Unavailable: if ClickHouse does not answer.
    """
    parameters = {
        "all_vehicles": int(vehicle_id is None),
        "vehicle_id": vehicle_id or _NO_ID,
        "since_ms": within_range(int(since.timestamp() * 1000)),
    }
    return await telemetry.read(scope, "extent", parameters, _extent)


def _extent(table: pa.Table) -> Extent:
    (row,) = table.to_pylist()
    return Extent(row["positions"], row["devices"], row["vehicles"])
