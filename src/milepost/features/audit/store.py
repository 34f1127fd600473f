"""Audit entries in PostgreSQL."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.features.audit.tables import audit_entries


async def insert_entry(connection: AsyncConnection, **values: Any) -> None:
    """Add an entry; entries are never changed."""
    await connection.execute(insert(audit_entries).values(**values))
