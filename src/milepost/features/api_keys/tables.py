"""Keys of programs: only the hash is kept."""

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# `prefix` is the part of the key that is shown in lists and looked up at sign-in.
api_keys = Table(
    "api_keys",
    METADATA,
    id_column(),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("fleet_ids", ARRAY(UUID(as_uuid=True))),
    Column("created_by", UUID(as_uuid=True), ForeignKey("users.id", ondelete="SET NULL")),
    time_column("created_at"),
    time_column("last_used_time", nullable=True),
    time_column("expires_at", nullable=True),
    time_column("revoked_at", nullable=True),
    CheckConstraint(
        "role IN ('admin', 'fleet_manager', 'dispatcher', 'maintenance', 'driver', 'viewer')",
        name="role_is_known",
    ),
    Index(None, "tenant_id", "created_at"),
)
