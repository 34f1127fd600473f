"""Stays between trips, as the stream concluded them."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# No foreign key to devices, vehicles or drivers, for the reasons given at `trips`.
stops = Table(
    "stops",
    METADATA,
    id_column(),
    tenant_column(),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("driver_id", UUID(as_uuid=True)),
    time_column("start_time"),
    time_column("end_time", nullable=True),
    Column("latitude_deg", Double, nullable=False),
    Column("longitude_deg", Double, nullable=False),
    Column("distance_m", Double, nullable=False, server_default=text("0")),
    Column("driving_s", Double, nullable=False, server_default=text("0")),
    Column("idling_s", Double, nullable=False),
    Column("decided_fix_time_ms", BigInteger, nullable=False),
    Column("position_count", Integer, nullable=False),
    Column("has_gap", Boolean, nullable=False),
    Column("start_reason", Text, nullable=False),
    Column("end_reason", Text),
    Column("start_explanation", JSONB, nullable=False),
    Column("end_explanation", JSONB),
    # The fix at which the stream came to this: a refold from an earlier one replaces the row.
    Index(None, "tenant_id", "vehicle_id", "start_time"),
    Index(None, "tenant_id", "start_time"),
    Index(None, "device_id", "decided_fix_time_ms"),
)
