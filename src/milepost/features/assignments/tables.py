"""Who drives what, over time."""

from sqlalchemy import CheckConstraint, Column, Index, Table, text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import (
    METADATA,
    id_column,
    same_tenant_key,
    tenant_column,
    time_column,
)

# A vehicle has one driver at a time; the partial unique index holds that against races.
driver_assignments = Table(
    "driver_assignments",
    METADATA,
    id_column(),
    tenant_column(),
    Column("driver_id", UUID(as_uuid=True), nullable=False),
    Column("vehicle_id", UUID(as_uuid=True), nullable=False),
    time_column("start_time"),
    time_column("end_time", nullable=True),
    time_column("created_at"),
    CheckConstraint("end_time >= start_time", name="ends_after_start"),
    same_tenant_key("driver_id", "drivers", on_delete="CASCADE"),
    same_tenant_key("vehicle_id", "vehicles", on_delete="CASCADE"),
    Index(None, "tenant_id", "vehicle_id", "start_time"),
    Index(None, "tenant_id", "driver_id", "start_time"),
    Index(
        "uq_driver_assignments_open_vehicle",
        "vehicle_id",
        unique=True,
        postgresql_where=text("end_time IS NULL"),
    ),
)
