"""Rows as domain types and back."""

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, Table, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.slices import in_slices

T = TypeVar("T", bound=msgspec.Struct)


def columns_of(table: Table, kind: type[msgspec.Struct]) -> list[ColumnElement[Any]]:
    """The columns that hold the type's fields; they have the same names."""
    return [table.c[name] for name in kind.__struct_fields__]


def one_of(column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Rows whose column has one of the values, which are one parameter however many they are.

    With `IN` each value is a parameter, and PostgreSQL takes no more than 32,767 of them.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))


def from_row(row: RowMapping, kind: type[T]) -> T:
    """The row's columns as the type's fields; arrays become tuples."""
    values = {name: row[name] for name in kind.__struct_fields__}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


async def fetch_all(connection: AsyncConnection, query: Select[Any], kind: type[T]) -> list[T]:
    """All the query's rows as the type."""
    rows = (await connection.execute(query)).mappings()
    return await in_slices(rows, lambda row: from_row(row, kind))


async def fetch_one(connection: AsyncConnection, query: Select[Any], kind: type[T]) -> T | None:
    """The query's only row as the type, or None."""
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else from_row(row, kind)


def to_row(entity: msgspec.Struct) -> dict[str, Any]:
    """The type's fields as column values; tuples become arrays."""
    values = msgspec.structs.asdict(entity)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
