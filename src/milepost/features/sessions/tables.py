"""Sessions: what an account is signed in with."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# The id is the `family_id` of its refresh tokens. `expires_at` is the end that no use puts off.
sessions = Table(
    "sessions",
    METADATA,
    id_column(),
    tenant_column(),
    Column(
        "user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False
    ),
    time_column("created_at"),
    time_column("last_used_time"),
    time_column("expires_at"),
    time_column("ended_at", nullable=True),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index(None, "tenant_id"),
    Index(None, "user_id"),
)
