"""Trackers, and those that called without being registered."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    lifecycle_columns,
    same_tenant_key,
    tenant_column,
    time_column,
)

# `unique_id` is all that the gateway knows when a tracker calls. Several tenants may claim it; once
# it is proven to be one's, it is that one's alone.
devices = Table(
    "devices",
    METADATA,
    id_column(),
    tenant_column(),
    Column("unique_id", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("name", Text),
    Column("lenient", Boolean, nullable=False, server_default=text("false")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    time_column("last_seen_time", nullable=True),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("keep_frames", Boolean, nullable=False, server_default=text("false")),
    Column("last_protocol", Text),
    Column("allowed_protocols", ARRAY(Text), nullable=False, server_default="{}"),
    Column("allowed_networks", ARRAY(Text), nullable=False, server_default="{}"),
    Column("secret_hash", Text),
    Column("trust_datagrams", Boolean, nullable=False, server_default=text("false")),
    Column("claimed_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    time_column("proven_time", nullable=True),
    time_column("lost_time", nullable=True),
    time_column("last_refused_time", nullable=True),
    Column("last_refusal", Text),
    *lifecycle_columns(),
    same_tenant_key("vehicle_id", "vehicles", on_delete="SET NULL (vehicle_id)"),
    UniqueConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "unique_id"),
    Index(None, "tenant_id", "vehicle_id"),
    Index(None, "unique_id"),
    Index(
        "uq_devices_proven",
        "unique_id",
        unique=True,
        postgresql_where=text("proven_time IS NOT NULL"),
    ),
    Index("ix_devices_lost", "lost_time", postgresql_where=text("lost_time IS NOT NULL")),
)

# These belong to no tenant yet; row-level security shows them to the one that adopts.
unknown_devices = Table(
    "unknown_devices",
    METADATA,
    Column("unique_id", Text, primary_key=True),
    Column("protocol", Text, nullable=False),
    Column("source", Text, nullable=False),
    time_column("first_seen_time"),
    time_column("last_seen_time"),
    Column("attempts", Integer, nullable=False, server_default="1"),
)
