"""A query's choice of vehicles, however many they are: no statement grows with a fleet."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from milepost.domain.scope import Scope

# An id takes 39 bytes of a statement, and ClickHouse reads statements of 256 KiB.
MOST_IDS_IN_A_STATEMENT = 1_000

Row = TypeVar("Row")


class ChosenVehicles:
    """Some vehicles of a tenant, or all of them (`ids` is None).

    A few are named in the statement. Of many, the statement asks for the whole tenant, and `keep`
    takes those that were meant.
    """

    def __init__(self, scope: Scope, ids: Sequence[UUID] | None) -> None:
        self._wanted = None
        named: list[UUID] = []
        if ids is not None and len(ids) > MOST_IDS_IN_A_STATEMENT:
            self._wanted = frozenset(ids)
        else:
            named = list(ids or ())
        self.parameters: dict[str, object] = {
            "tenant_id": scope.tenant_id,
            "all_vehicles": int(ids is None or self._wanted is not None),
            "vehicle_ids": named,
        }

    def keep(self, rows: list[Row], vehicle_of: Callable[[Row], UUID | None]) -> list[Row]:
        """The rows of these vehicles, in the same order."""
        if self._wanted is None:
            return rows
        return [row for row in rows if vehicle_of(row) in self._wanted]
