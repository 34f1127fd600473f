"""The one `MetaData` that every `features/<noun>/tables.py` declares its tables on."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, ForeignKeyConstraint, Integer, MetaData
from sqlalchemy.dialects.postgresql import UUID

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[Any]:
    """The primary key: a UUID that the application makes (v7, or v5 of a natural key)."""
    return Column("id", UUID(as_uuid=True), primary_key=True)


def tenant_column(*, primary_key: bool = False) -> Column[Any]:
    """The owner of the row: what row-level security compares."""
    return Column(
        "tenant_id",
        UUID(as_uuid=True),
        ForeignKey("tenants.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def time_column(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[Any]:
    """An aware instant; it is stored and read as UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def lifecycle_columns() -> tuple[Column[Any], ...]:
    """When an entity was made and changed, and its version (the ETag)."""
    return (
        time_column("created_at"),
        time_column("updated_at"),
        Column("version", Integer, nullable=False, server_default="1"),
    )


def same_tenant_key(column: str, target: str, *, on_delete: str) -> ForeignKeyConstraint:
    """A foreign key that carries the tenant along.

    Foreign keys are checked without row-level security: one on the id alone would let a tenant
    point at another tenant's row, and learn that it exists.
    """
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=on_delete
    )
