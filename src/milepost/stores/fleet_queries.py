"""Questions about many vehicles at once, answered within ClickHouse."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
import pyarrow as pa

from milepost.domain.scope import Scope
from milepost.stores.cursors import within_range
from milepost.stores.telemetry import Telemetry
from milepost.stores.totals_read import SharedTotal, read_shared_totals, seconds_of

_TEN_MINUTES_MS = 600_000


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


class Cuts(msgspec.Struct, frozen=True):
    """Where the time of some totals is cut, ascending, in Unix ms; and the ten minutes cut through.

    `spans` None means all of it; else only ten minutes that lie in one of them, `[from, to)`.
    """

    at_ms: Sequence[int]
    divided_ms: Sequence[int]
    spans: Sequence[tuple[int, int]] | None = None

    @property
    def read_buckets(self) -> list[int]:
        """The ten minutes whose positions are read: the one before has where a leg begins."""
        divided = (start_ms // _TEN_MINUTES_MS for start_ms in self.divided_ms)
        return sorted({each for number in divided for each in (number - 1, number)})

    @property
    def parameters(self) -> dict[str, object]:
        """As queries name them."""
        first_ms = self.at_ms[0] - self.at_ms[0] % _TEN_MINUTES_MS
        spans = self.spans or ()
        return {
            "cuts_ms": [-1, *self.at_ms],
            "all_times": int(self.spans is None),
            "spans_from_s": [-(-from_ms // 1000) for from_ms, _ in spans],
            "spans_to_s": [to_ms // 1000 for _, to_ms in spans],
            **seconds_of(first_ms, self.at_ms[-1]),
        }


async def totals_between(
    telemetry: Telemetry, scope: Scope, vehicle_ids: Sequence[UUID], cuts: Cuts
) -> list[SharedTotal]:
    """Totals of some vehicles together from each cut to the next; none where nothing is.

    The ids are part of the query, as with `totals_together`.

    Raises:
        Unavailable: if ClickHouse does not answer.
    """
    name, parameters = "totals_by_day", {"vehicle_ids": list(vehicle_ids), **cuts.parameters}
    if cuts.divided_ms:
        name = "totals_by_day_divided"
        parameters |= {
            "divided_ms": list(cuts.divided_ms),
            "first_read_ms": cuts.divided_ms[0] - _TEN_MINUTES_MS,
            "last_divided_ms": cuts.divided_ms[-1],
            "read_buckets": cuts.read_buckets,
        }
    found = await telemetry.read(scope, name, parameters, read_shared_totals)
    return [each for each in found if cuts.at_ms[0] <= each.bucket_start_ms < cuts.at_ms[-1]]


def _by_commas(table: pa.Table) -> str:
    """One text of any length, which PostgreSQL takes as one parameter."""
    return ",".join(map(str, table.column(0).to_pylist()))
