"""Keys of programs: only the hash is kept."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
)
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
    Column("owner_id", UUID(as_uuid=True)),
    time_column("created_at"),
    time_column("last_used_time", nullable=True),
    time_column("expires_at", nullable=True),
    time_column("revoked_at", nullable=True),
    CheckConstraint(
        "role IN ('admin', 'fleet_manager', 'dispatcher', 'maintenance', 'driver', 'viewer')",
        name="role_is_known",
    ),
    # A member who leaves the tenant leaves keys without an owner, which do not work.
    ForeignKeyConstraint(
        ["tenant_id", "owner_id"],
        ["memberships.tenant_id", "memberships.user_id"],
        ondelete="SET NULL (owner_id)",
    ),
    Index(None, "tenant_id", "created_at"),
    Index(None, "tenant_id", "owner_id"),
)
