"""Vehicles: the fields of domain.Vehicle, and the thresholds that replace the tenant's."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Double,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
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

vehicles = Table(
    "vehicles",
    METADATA,
    id_column(),
    tenant_column(),
    Column("name", Text, nullable=False),
    Column("fleet_id", UUID(as_uuid=True)),
    Column("vin", Text),
    Column("make", Text),
    Column("model", Text),
    Column("year", Integer),
    Column("registration_number", Text),
    Column("license_number", Text),
    Column("contact_number", Text),
    Column("status", Text, nullable=False, server_default="active"),
    Column("purchase_date", Date),
    Column("last_maintenance_date", Date),
    Column("next_maintenance_date", Date),
    Column("fuel_type", Text),
    Column("fuel_capacity_l", Double),
    Column("odometer_m", Double),
    time_column("odometer_time", nullable=True),
    Column("thresholds", JSONB, nullable=False, server_default=text("'{}'")),
    *lifecycle_columns(),
    CheckConstraint(
        "status IN ('active', 'maintenance', 'inactive', 'retired')", name="status_is_known"
    ),
    same_tenant_key("fleet_id", "fleets", on_delete="SET NULL (fleet_id)"),
    UniqueConstraint("tenant_id", "id"),
    Index(None, "tenant_id", "fleet_id"),
)
