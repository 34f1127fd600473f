"""Answers kept so that a repeated creating call is not carried out twice."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from milepost.stores.postgres.metadata import METADATA, tenant_column, time_column

# `who` as in the audit; two callers may use the same key. `request_hash` tells a repeated call
# from another one with the same key. The response is NULL while the first call is carried out.
idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    tenant_column(primary_key=True),
    Column("who", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("response_status", Integer),
    Column("response_headers", JSONB),
    Column("response_body", LargeBinary),
    time_column("created_at"),
    Index(None, "created_at"),
)
