"""The table of crawls."""

from sqlalchemy import BigInteger, Column, Double, Table
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

crawls = Table(
    "crawls",
    METADATA,
    id_column(),
    tenant_column(),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("driver_id", UUID(as_uuid=True)),
    time_column("start_time"),
    time_column("written_time"),
    Column("speed_kmh", Double, nullable=False),
    Column("decided_fix_time_ms", BigInteger, nullable=False),
)
