"""The tables of PostgreSQL that keep conclusions: how rows get in and out, one for each kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Table, delete, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from milepost.features.assignments.journeys import driver_values
from milepost.stores.postgres.arrays import ids_as_rows
from milepost.stream.conclusion import Conclusion
from milepost.stream.kinds import KINDS
from milepost.workers.unit import NO_VEHICLE, UnitKey


class ConclusionTable:
    """The table of one kind whose rows are deleted when they lose their ground."""

    def __init__(self, kind: Conclusion[Any], table: Table) -> None:
        self.name = kind.table
        self._table = table
        self.upsert = _upsert(kind, table)

    def delete_others(self, key: UnitKey, after_ms: int, keep: Sequence[UUID]) -> Delete:
        """What a unit had concluded from fixes after an instant, but for `keep`."""
        columns = self._table.c
        concluded = select(columns.id).where(
            columns.device_id == key[0],
            func.coalesce(columns.vehicle_id, NO_VEHICLE) == key[1],
            columns.decided_fix_time_ms > after_ms,
        )
        others = concluded.except_(select(ids_as_rows(keep)))
        return delete(self._table).where(columns.id.in_(others))


def conclusion_tables(tables: Mapping[str, Table]) -> Iterator[ConclusionTable]:
    """Those of all kinds that PostgreSQL keeps, found by name among all tables."""
    for kind in KINDS.values():
        if kind.replacement == "deletion":
            yield ConclusionTable(kind, tables[kind.table])


def _upsert(kind: Conclusion[Any], table: Table) -> Insert:
    statement = insert(table).values(driver_values(kind))
    kept = {"id", *kind.kept_columns}
    changing = [column.name for column in table.c if column.name not in kept]
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in changing}
    )
