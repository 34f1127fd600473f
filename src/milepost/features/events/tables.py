"""What happened at one fix of a device."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# No foreign key to devices or vehicles, for the reasons given at `trips`.
events = Table(
    "events",
    METADATA,
    id_column(),
    tenant_column(),
    Column("vehicle_id", UUID(as_uuid=True)),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    time_column("fix_time"),
    time_column("received_time"),
    Column("late", Boolean, nullable=False, server_default=text("false")),
    Column("latitude_deg", Double),
    Column("longitude_deg", Double),
    Column("decided_fix_time_ms", BigInteger, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    # The fix at which the stream came to this: a refold from an earlier one replaces the row.
    Index(None, "tenant_id", "vehicle_id", "fix_time"),
    Index(None, "tenant_id", "fix_time"),
    Index(None, "device_id", "decided_fix_time_ms"),
)
