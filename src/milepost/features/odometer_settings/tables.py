"""What people said that a vehicle's odometer shows, and when: it goes on from there."""

from sqlalchemy import Column, Double, Table
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

# No foreign key to vehicles: history outlives them.
odometer_settings = Table(
    "odometer_settings",
    METADATA,
    tenant_column(primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    time_column("set_time", primary_key=True),
    Column("odometer_m", Double, nullable=False),
)
