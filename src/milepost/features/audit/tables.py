"""Who changed what: rows are added, never changed."""

from sqlalchemy import Column, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from milepost.stores.postgres.metadata import METADATA, id_column, tenant_column, time_column

# `who` is `user:<id>`, `api_key:<id>` or `system:<part>`: text, because it outlives the account.
# `detail` is what is known besides a change: the address of a sign-in, the reason of a refusal.
audit_entries = Table(
    "audit_entries",
    METADATA,
    id_column(),
    tenant_column(),
    time_column("time"),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_id", UUID(as_uuid=True)),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("detail", JSONB),
    Index(None, "tenant_id", "time"),
    Index(None, "tenant_id", "kind", "entity_id", "time"),
)
