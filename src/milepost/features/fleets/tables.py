"""Groups of vehicles; what a membership can be restricted to."""

from sqlalchemy import Column, Table, Text, UniqueConstraint

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    lifecycle_columns,
    tenant_column,
)

fleets = Table(
    "fleets",
    METADATA,
    id_column(),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("description", Text),
    *lifecycle_columns(),
    UniqueConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "name"),
)
