"""Entities in PostgreSQL: found within the caller's sight, kept with a version.

A noun's `store.py` makes one `EntityStore` of its table and adds the queries that are its own.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.entity import Entity
from milepost.domain.scope import Scope
from milepost.errors import Conflict, NotFound
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all, fetch_one, to_row

E = TypeVar("E", bound=Entity)
Visible = Callable[[Scope], ColumnElement[bool]]


class EntityStore(Generic[E]):
    """The rows of one kind of entity; `visible` says which of them a caller may know of."""

    def __init__(self, name: str, table: Table, kind: type[E], visible: Visible) -> None:
        self.name = name
        self._table = table
        self._kind = kind
        self._visible = visible
        self._columns = columns_of(table, kind)

    async def get(
        self, connection: AsyncConnection, scope: Scope, entity_id: UUID, *, lock: bool = False
    ) -> E:
        """The entity with this id; locked, it stays as it is until the transaction ends.

        Raises:
            NotFound: there is none that the caller may know of.
        """
        query = select(*self._columns).where(self._table.c.id == entity_id, self._visible(scope))
        if lock:
            query = query.with_for_update()
        found = await fetch_one(connection, query, self._kind)
        if found is None:
            raise NotFound(self.name, entity_id)
        return found

    async def page(
        self,
        connection: AsyncConnection,
        scope: Scope,
        *conditions: ColumnElement[bool],
        after: str | None,
        limit: int,
    ) -> Page[E]:
        """The entities that the caller may know of, the oldest first."""
        key = None if after is None else (decode_cursor(after, UUID),)
        query = select(*self._columns).where(self._visible(scope), *conditions)
        found = await fetch_all(
            connection, keyset(query, [self._table.c.id], key, limit), self._kind
        )
        return page_of(found, limit, lambda entity: entity.id)

    async def insert(self, connection: AsyncConnection, entity: E) -> None:
        """Keep a new entity.

        Raises:
            Conflict: another one has the same unique value.
        """
        await self._write(connection, insert(self._table).values(**to_row(entity)))

    async def update(self, connection: AsyncConnection, entity: E) -> None:
        """Keep the changes of an entity that was read with a lock.

        Raises:
            Conflict: another one has the same unique value.
        """
        values = to_row(entity)
        statement = update(self._table).where(self._table.c.id == entity.id)
        await self._write(connection, statement.values(**values))

    async def delete(self, connection: AsyncConnection, entity: E) -> None:
        """Remove the entity."""
        await connection.execute(delete(self._table).where(self._table.c.id == entity.id))

    async def _write(self, connection: AsyncConnection, statement: Any) -> None:
        try:
            await connection.execute(statement)
        except IntegrityError as error:
            raise Conflict(self.name, _said(error)) from error


def _said(error: IntegrityError) -> str:
    """PostgreSQL's own words about the constraint, without values of other rows."""
    constraint = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    return f"the values contradict what is there ({constraint})"


def contains_any(columns: Sequence[ColumnElement[Any]], words: str) -> ColumnElement[bool]:
    """Rows in which one of the columns contains the words, in any case of letters."""
    first, *others = (column.icontains(words, autoescape=True) for column in columns)
    condition: ColumnElement[bool] = first
    for other in others:
        condition = condition | other
    return condition
