"""What a tenant or a vehicle had set instead of the default thresholds, and until when.

`vehicle_id` is the nil UUID for the tenant's own, because a primary key holds no NULL. What holds
now stands in `tenants` and `vehicles`.
"""

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

former_thresholds = Table(
    "former_thresholds",
    METADATA,
    tenant_column(primary_key=True),
    Column("vehicle_id", UUID(as_uuid=True), primary_key=True),
    time_column("until_time", primary_key=True),
    Column("thresholds", JSONB, nullable=False),
)
