"""Who owns data: the root of every other table."""

from sqlalchemy import Boolean, Column, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from milepost.stores.postgres.metadata import METADATA, id_column, lifecycle_columns

# `thresholds` holds only what differs from the defaults of domain.Thresholds. One tenant, the
# operator's, has `adopts_unknown_devices`: trackers that nobody registered are shown to it alone.
tenants = Table(
    "tenants",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("thresholds", JSONB, nullable=False, server_default=text("'{}'")),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("adopts_unknown_devices", Boolean, nullable=False, server_default=text("false")),
    Column("second_factor_required", Boolean, nullable=False, server_default=text("false")),
    Column("time_zone", Text, nullable=False, server_default=text("'UTC'")),
    *lifecycle_columns(),
)
