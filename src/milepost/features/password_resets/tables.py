"""One-time codes with which someone sets a new password."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, time_column

# One an account: a new code replaces the one before it, and a used one is deleted.
password_resets = Table(
    "password_resets",
    METADATA,
    Column(
        "user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("code_hash", LargeBinary, nullable=False),
    Column("made_by", Text, nullable=False),
    time_column("created_at"),
    time_column("expires_at"),
)
