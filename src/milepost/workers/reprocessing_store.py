"""The reprocessings of all tenants, as the processor sees them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from milepost.domain.reprocessing import Reprocessing
from milepost.features.reprocessings.tables import reprocessings
from milepost.features.rows import columns_of, fetch_all
from milepost.stores.postgres.database import Database

_TABLE = reprocessings


class ReprocessingStore:
    """What is to be folded again, and how far that has come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unfinished(self) -> Sequence[Reprocessing]:
        """Those that are not finished, in the order in which they were asked for.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        query = (
            select(*columns_of(_TABLE, Reprocessing))
            .where(_TABLE.c.finished_time.is_(None))
            .order_by(_TABLE.c.requested_time, _TABLE.c.id)
        )
        async with self._database.ingest_transaction() as connection:
            return await fetch_all(connection, query, Reprocessing)

    async def note(self, identity: UUID, devices_done: int, finished: datetime | None) -> None:
        """How far it has come.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        change = update(_TABLE).where(_TABLE.c.id == identity)
        async with self._database.ingest_transaction() as connection:
            await connection.execute(
                change.values(devices_done=devices_done, finished_time=finished)
            )
