"""The queue of commands as the dispatcher sees it: all tenants, what is open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.command_run import IN_FLIGHT_STATES, OPEN_STATES, CommandChange
from milepost.features.commands.store import RUN_COLUMNS, move, run_of
from milepost.features.commands.tables import commands
from milepost.features.devices.tables import devices
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.workers.command_moves import due_pending
from milepost.workers.processor_store import installation_query, to_installations
from milepost.workers.unit import Installation

MOST_AT_ONCE = 500


class Waiting(msgspec.Struct, frozen=True):
    """A device with open commands: when the first expires, when the one in flight was sent."""

    unique_id: str
    expires_at: datetime | None
    sent_time: datetime | None

    def is_due(self, now: datetime, answer_within: timedelta) -> bool:
        """Whether one of its times is up."""
        if self.expires_at is not None and self.expires_at <= now:
            return True
        return self.sent_time is not None and self.sent_time + answer_within <= now


class CommandQueue:
    """Reads the queue and opens the transactions in which it is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> list[Waiting]:
        """All devices that have open commands and have called; see `expire_unheard`."""
        expires = func.min(commands.c.expires_at).filter(commands.c.state == "pending")
        sent = func.min(commands.c.sent_time).filter(commands.c.state.in_(IN_FLIGHT_STATES))
        query = (
            select(devices.c.unique_id, expires, sent)
            .join(commands, commands.c.device_id == devices.c.id)
            .where(commands.c.state.in_(OPEN_STATES), devices.c.proven_time.is_not(None))
            .group_by(devices.c.unique_id)
        )
        async with self._database.ingest_transaction() as connection:
            return [Waiting(*row) for row in await connection.execute(query)]

    async def expire_unheard(self, now: datetime) -> list[CommandChange]:
        """Bring commands to an end that wait for devices which have never called, once due.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        query = (
            select(*RUN_COLUMNS, devices.c.unique_id, vehicles.c.fleet_id)
            .join(devices, devices.c.id == commands.c.device_id)
            .outerjoin(vehicles, vehicles.c.id == commands.c.vehicle_id)
            .where(
                commands.c.state == "pending",
                commands.c.expires_at <= now,
                devices.c.proven_time.is_(None),
            )
            .limit(MOST_AT_ONCE)
            .with_for_update(of=commands, skip_locked=True)
        )
        changes = []
        async with self._database.ingest_transaction() as connection:
            for row in (await connection.execute(query)).mappings().all():
                due = due_pending(run_of(row), now)
                assert due is not None
                moved = await move(
                    connection, run_of(row), due.state, now, due.who, reason=due.reason
                )
                changes.append(CommandChange(moved, row["unique_id"], row["fleet_id"]))
        return changes

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A turn's transaction.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        async with self._database.ingest_transaction() as connection:
            yield connection


async def installation_of(connection: AsyncConnection, unique_id: str) -> Installation | None:
    """The device that has shown to be called so, where it is built in, and what applies there."""
    query = installation_query().where(
        devices.c.unique_id == unique_id, devices.c.proven_time.is_not(None)
    )
    rows = (await connection.execute(query)).mappings().all()
    return next(iter(await to_installations(connection, rows)), None)
