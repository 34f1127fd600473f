"""People who drive."""

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    lifecycle_columns,
    tenant_column,
)

drivers = Table(
    "drivers",
    METADATA,
    id_column(),
    tenant_column(),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("license_number", Text),
    Column("contact_number", Text),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="SET NULL")),
    Column("status", Text, nullable=False, server_default="active"),
    *lifecycle_columns(),
    UniqueConstraint("tenant_id", "id"),
)
