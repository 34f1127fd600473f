"""Where the processor stands: the state of each device's fold, and how far it has been flushed.

Only the processor reads and writes these. `vehicle_id` is the nil UUID for a device without a
vehicle, because a primary key holds no NULL.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

device_states = Table(
    "device_states",
    METADATA,
    Column("device_id", UUID(as_uuid=True), primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    tenant_column(),
    Column("fix_time_ms", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    time_column("updated_at"),
)

# The state before the first fix of an hour; `hour` counts hours since the Unix epoch. Late data is
# folded again from the last anchor before it.
device_anchors = Table(
    "device_anchors",
    METADATA,
    Column("device_id", UUID(as_uuid=True), primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    tenant_column(),
    Column("fix_time_ms", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

# Everything received before `received_time_ms` is contained in the derived rows. `version` is that
# of the newest totals in ClickHouse, where a higher one replaces a lower: it never goes back, even
# if the clock does.
processor_checkpoint = Table(
    "processor_checkpoint",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("received_time_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    time_column("updated_at"),
)

# Positions that no table of ClickHouse takes, as msgpack of `Position`: their device was answered,
# so here is the only copy.
set_aside_positions = Table(
    "set_aside_positions",
    METADATA,
    Column("id", UUID(as_uuid=True), primary_key=True),
    tenant_column(),
    Column("device_id", UUID(as_uuid=True), nullable=False),
    Column("vehicle_id", UUID(as_uuid=True), nullable=False),
    Column("driver_id", UUID(as_uuid=True), nullable=False),
    Column("protocol", Text, nullable=False),
    time_column("received_time"),
    Column("position", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
)
