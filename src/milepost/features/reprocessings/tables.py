"""Parts of history that are folded again: asked for in a request, carried out by the processor."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# No foreign keys to devices and vehicles: history outlives them.
reprocessings = Table(
    "reprocessings",
    METADATA,
    id_column(),
    tenant_column(),
    Column("vehicle_id", UUID(as_uuid=True)),
    time_column("since_time"),
    time_column("requested_time"),
    Column("requested_by", Text, nullable=False),
    Column("thresholds", JSONB, nullable=False),
    Column("primary_device_id", UUID(as_uuid=True)),
    Column("positions", BigInteger, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("devices_done", Integer, nullable=False, server_default=text("0")),
    time_column("finished_time", nullable=True),
    Index(None, "tenant_id", "requested_time"),
)
