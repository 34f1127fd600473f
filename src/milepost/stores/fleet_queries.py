"""Questions about many vehicles at once, answered within ClickHouse."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import pyarrow as pa

from milepost.domain.scope import Scope
from milepost.stores.cursors import within_range
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import SharedTotal, read_shared_totals, seconds_of


async def vehicles_in_state(
    telemetry: Telemetry, scope: Scope, state: str, oldest_ms: int, *, included: bool
) -> str:
    """The ids of the vehicles that are in a state now, or of those that are not, by commas.

    Args:
        telemetry: where they are read.
        scope: whose.
        state: a domain.MotionState.
        oldest_ms: who has given no sign of life since this instant is offline.
        included: whether the vehicles in the state are asked for, or the others.

    Raises:
        Unavailable: if ClickHouse does not answer.
    """
    parameters = {
        "state": state,
        "oldest_ms": within_range(oldest_ms),
        "included": int(included),
    }
    return await telemetry.read(scope, "vehicles_in_state", parameters, _by_commas)


async def totals_together(
    telemetry: Telemetry,
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
        "vehicle_ids": list(vehicle_ids),
        "totals": "rollups" if bucket == "10min" else "day_totals",
        **seconds_of(from_ms, to_ms),
    }
    return await telemetry.read(scope, "totals_together", parameters, read_shared_totals)


def _by_commas(table: pa.Table) -> str:
    """One text of any length, which PostgreSQL takes as one parameter."""
    return ",".join(map(str, table.column(0).to_pylist()))
