"""Accounts, what they may do in which tenant, and the tokens that keep them signed in."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    lifecycle_columns,
    same_tenant_key,
    tenant_column,
    time_column,
)

# An account is one person in all tenants. A tenant sees the accounts that are its members, and
# changes only those it made (`home_tenant_id`): otherwise whoever adds a person to a second tenant
# could set their password and enter the first. `email` is stored in lower case. Sessions that began
# before `signed_out_at` have ended, in every tenant.
users = Table(
    "users",
    METADATA,
    id_column(),
    Column(
        "home_tenant_id",
        UUID(as_uuid=True),
        ForeignKey("tenants.id", ondelete="SET NULL"),
    ),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    time_column("signed_out_at", nullable=True),
    *lifecycle_columns(),
    CheckConstraint("email = lower(email)", name="email_is_lower_case"),
)

# `fleet_ids` NULL means all fleets of the tenant.
memberships = Table(
    "memberships",
    METADATA,
    tenant_column(primary_key=True),
    Column(
        "user_id",
        UUID(as_uuid=True),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("role", Text, nullable=False),
    Column("fleet_ids", ARRAY(UUID(as_uuid=True))),
    Column("driver_id", UUID(as_uuid=True)),
    *lifecycle_columns(),
    CheckConstraint(
        "role IN ('admin', 'fleet_manager', 'dispatcher', 'maintenance', 'driver', 'viewer')",
        name="role_is_known",
    ),
    same_tenant_key("driver_id", "drivers", on_delete="SET NULL (driver_id)"),
    Index(None, "user_id"),
)

# From where an account has signed in: strangers who try its passwords do not lock these out.
familiar_addresses = Table(
    "familiar_addresses",
    METADATA,
    Column(
        "user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("address", Text, primary_key=True),
    time_column("last_time"),
)

# A refresh token is used once. `family_id` is the session. A token that comes a second time ends
# the session, except within the seconds in which its successor has not been used: then the same
# successor is made again, from the token itself and `successor_salt`.
refresh_tokens = Table(
    "refresh_tokens",
    METADATA,
    id_column(),
    tenant_column(),
    Column(
        "user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False
    ),
    Column("family_id", UUID(as_uuid=True), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    time_column("created_at"),
    time_column("expires_at"),
    time_column("used_at", nullable=True),
    Column("successor_salt", LargeBinary),
    Index(None, "family_id"),
    Index(None, "user_id"),
)
