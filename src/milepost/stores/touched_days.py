"""Which days of which devices new totals of ten minutes touch, in portions for one statement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

# A unit takes 120 bytes of a statement and a day 12; ClickHouse reads statements of 256 KiB.
UNITS_IN_A_STATEMENT = 200
DAYS_IN_A_STATEMENT = 2_000

_DAY_S = 86_400
_IDS = ("tenant_id", "vehicle_id", "device_id")

UnitIds = tuple[UUID, ...]


def touched_days(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[list[UnitIds], list[int]]]:
    """Portions of units and days (their beginnings in Unix seconds) that hold all of `rows`.

    Args:
        rows: `tenant_id`, `vehicle_id`, `device_id` as 16 bytes, and `bucket_start_ms`.
    """
    days_of: defaultdict[tuple[bytes, ...], set[int]] = defaultdict(set)
    for row in rows:
        unit = tuple(row[name] for name in _IDS)
        days_of[unit].add(row["bucket_start_ms"] // (_DAY_S * 1000) * _DAY_S)
    for units in _portions(sorted(days_of), UNITS_IN_A_STATEMENT):
        days = sorted(set().union(*(days_of[unit] for unit in units)))
        ids = [tuple(UUID(bytes=each) for each in unit) for unit in units]
        for some in _portions(days, DAYS_IN_A_STATEMENT):
            yield ids, some


def _portions(items: list[Any], most: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
