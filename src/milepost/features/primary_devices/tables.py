"""Which device of a vehicle counts for trips and totals, from when on, and why.

A vehicle that never had two devices at once has no row: whatever device it has counts.
"""

from sqlalchemy import CheckConstraint, Column, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

# No foreign keys to devices and vehicles: history outlives them.
primary_devices = Table(
    "primary_devices",
    METADATA,
    tenant_column(primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    time_column("from_time", primary_key=True),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("reason IN ('first_installed', 'chosen')", name="reason_is_known"),
)
