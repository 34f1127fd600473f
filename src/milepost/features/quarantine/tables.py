"""Devices whose conclusions could not be written and that were put aside for that.

The processor writes these rows; a request reads its tenant's, and may ask for another try.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

# `vehicle_id` is the nil UUID for a device without a vehicle, as in `device_states`. Everything
# of the unit that was received at or after `received_since_ms` is folded again when it is tried.
quarantine = Table(
    "quarantine",
    METADATA,
    Column("device_id", UUID(as_uuid=True), primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    tenant_column(),
    Column("reason", Text, nullable=False),
    Column("received_since_ms", BigInteger, nullable=False),
    time_column("since_time"),
    Column("tries", Integer, nullable=False),
    time_column("retry_time"),
    Index(None, "tenant_id", "since_time"),
)
