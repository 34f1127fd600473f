"""Second factors (TOTP) of accounts, and the codes for the day the authenticator is lost."""

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table
from sqlalchemy.dialects.postgresql import UUID

from milepost.stores.postgres.metadata import METADATA, time_column

# `sealed_secret` is encrypted (see sealing.py). It counts once `confirmed_at` is set. `last_step`
# is the newest time step of which a code was taken: no code of it or before is taken again.
second_factors = Table(
    "second_factors",
    METADATA,
    Column(
        "user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("sealed_secret", LargeBinary, nullable=False),
    time_column("created_at"),
    time_column("confirmed_at", nullable=True),
    Column("last_step", BigInteger, nullable=False, server_default="0"),
)

# A used code is deleted.
recovery_codes = Table(
    "recovery_codes",
    METADATA,
    Column(
        "user_id",
        UUID(as_uuid=True),
        ForeignKey("second_factors.user_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("code_hash", LargeBinary, primary_key=True),
)
