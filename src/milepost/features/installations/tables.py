"""Which vehicle a device was in before, and until when; where it is now stands in `devices`.

A device that was in no vehicle leaves no row: what it recorded then belongs to its first one.
"""

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

# No foreign keys to devices and vehicles: history outlives them.
former_installations = Table(
    "former_installations",
    METADATA,
    tenant_column(primary_key=True),
    Column("device_id", UUID(as_uuid=True), primary_key=True),
    time_column("until_time", primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), nullable=False),
)
