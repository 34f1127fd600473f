"""Trackers, and those that called without being registered."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    lifecycle_columns,
    same_tenant_key,
    tenant_column,
    time_column,
)

# `unique_id` is unique among all tenants: it is all that the gateway knows when a tracker calls.
devices = Table(
    "devices",
    METADATA,
    id_column(),
    tenant_column(),
    Column("unique_id", Text, nullable=False, unique=True),
    Column("protocol", Text, nullable=False),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("name", Text),
    Column("lenient", Boolean, nullable=False, server_default=text("false")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    time_column("last_seen_time", nullable=True),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("keep_frames", Boolean, nullable=False, server_default=text("false")),
    Column("last_protocol", Text),
    *lifecycle_columns(),
    same_tenant_key("vehicle_id", "vehicles", on_delete="SET NULL (vehicle_id)"),
    UniqueConstraint("tenant_id", "id"),
    Index(None, "tenant_id", "vehicle_id"),
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
