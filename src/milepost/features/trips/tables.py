"""Journeys, as the stream concluded them."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# No foreign key to devices, vehicles or drivers: history outlives them, and the processor's flush
# of many devices must not fail because one was deleted a moment before.
# `decided_fix_time_ms` is the fix at which the conclusion was drawn: late data withdraws what was
# decided after it.
trips = Table(
    "trips",
    METADATA,
    id_column(),
    tenant_column(),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("driver_id", UUID(as_uuid=True)),
    time_column("start_time"),
    time_column("end_time", nullable=True),
    Column("start_latitude_deg", Double, nullable=False),
    Column("start_longitude_deg", Double, nullable=False),
    Column("end_latitude_deg", Double, nullable=False),
    Column("end_longitude_deg", Double, nullable=False),
    Column("distance_m", Double, nullable=False),
    Column("driving_s", Double, nullable=False),
    Column("idling_s", Double, nullable=False),
    Column("max_speed_kmh", Double, nullable=False),
    Column("fuel_used_l", Double),
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
    Index("ix_trips_open", "tenant_id", "vehicle_id", postgresql_where=text("end_time IS NULL")),
)
