"""Commands in PostgreSQL, for requests and for the worker that sends them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.command import Command
from milepost.domain.command_run import (
    OPEN_STATES,
    CommandRun,
    CommandState,
    CommandStep,
    may_follow,
)
from milepost.errors import Conflict, NotFound
from milepost.features.commands.tables import command_steps, commands
from milepost.features.paging import Page, decode_cursor, keyset, page_of
from milepost.features.rows import columns_of, fetch_all

RUN_COLUMNS = columns_of(commands, CommandRun)


def run_of(row: RowMapping) -> CommandRun:
    """A row of `commands`."""
    values = {name: row[name] for name in CommandRun.__struct_fields__}
    return CommandRun(**values | {"command": msgspec.convert(row["command"], Command)})


async def last_number(connection: AsyncConnection, device_id: UUID) -> int:
    """The number of a device's newest command; 0 before the first."""
    query = (
        select(commands.c.number)
        .where(commands.c.device_id == device_id)
        .order_by(commands.c.created_at.desc(), commands.c.number.desc())
        .limit(1)
    )
    return await connection.scalar(query) or 0


async def insert_run(connection: AsyncConnection, run: CommandRun, reason: str | None) -> None:
    """Keep a new command and the first step of its history.

    Raises:
        Conflict: there is a command of this id.
    """
    row = msgspec.structs.asdict(run) | {"command": msgspec.to_builtins(run.command)}
    try:
        await connection.execute(insert(commands).values(**row))
    except IntegrityError as error:
        raise Conflict("command", "its confirmation has been used") from error
    await _add_step(connection, run, run.who, reason)


async def get_run(
    connection: AsyncConnection,
    tenant_id: UUID,
    device_id: UUID,
    command_id: UUID,
    *,
    lock: bool = False,
) -> CommandRun:
    """One of a device's commands; locked, it stays as it is until the transaction ends.

    Raises:
        NotFound: the device has no such command.
    """
    query = select(*RUN_COLUMNS).where(
        commands.c.tenant_id == tenant_id,
        commands.c.device_id == device_id,
        commands.c.id == command_id,
    )
    if lock:
        query = query.with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("command", command_id)
    return run_of(row)


async def open_runs(
    connection: AsyncConnection, tenant_id: UUID, device_id: UUID, *, lock: bool = False
) -> list[CommandRun]:
    """A device's commands that have not come to an end, the oldest first."""
    query = (
        select(*RUN_COLUMNS)
        .where(
            commands.c.tenant_id == tenant_id,
            commands.c.device_id == device_id,
            commands.c.state.in_(OPEN_STATES),
        )
        .order_by(commands.c.created_at, commands.c.number)
    )
    if lock:
        query = query.with_for_update()
    return [run_of(row) for row in (await connection.execute(query)).mappings()]


async def page_runs(
    connection: AsyncConnection, tenant_id: UUID, device_id: UUID, after: str | None, limit: int
) -> Page[CommandRun]:
    """A device's commands, the newest first."""
    key = None if after is None else decode_cursor(after, tuple[datetime, UUID])
    query = select(*RUN_COLUMNS).where(
        commands.c.tenant_id == tenant_id, commands.c.device_id == device_id
    )
    query = keyset(query, [commands.c.created_at, commands.c.id], key, limit, descending=True)
    rows = [run_of(row) for row in (await connection.execute(query)).mappings()]
    return page_of(rows, limit, lambda run: (run.created_at, run.id))


async def steps_of(connection: AsyncConnection, run: CommandRun) -> Sequence[CommandStep]:
    """The history of a command, from its first step on."""
    query = (
        select(*columns_of(command_steps, CommandStep))
        .where(command_steps.c.tenant_id == run.tenant_id, command_steps.c.command_id == run.id)
        .order_by(command_steps.c.step)
    )
    return await fetch_all(connection, query, CommandStep)


async def move(
    connection: AsyncConnection,
    run: CommandRun,
    state: CommandState,
    now: datetime,
    who: str,
    **changes: Any,
) -> CommandRun:
    """Bring a command to another state, with `reason` and other fields, and note the step.

    Raises:
        Conflict: it cannot come there from where it is.
    """
    if not may_follow(run.state, state):
        raise Conflict("command", f"it is {run.state} and cannot become {state}")
    values = {"reason": None, **changes, "state": state, "updated_at": now}
    statement = (
        update(commands)
        .where(commands.c.id == run.id, commands.c.state == run.state)
        .values(**values)
    )
    if (await connection.execute(statement)).rowcount != 1:
        raise Conflict("command", f"it is no longer {run.state}")
    moved = msgspec.structs.replace(run, **values)
    await _add_step(connection, moved, who, moved.reason)
    return moved


async def hold(connection: AsyncConnection, run: CommandRun, reason: str) -> None:
    """Note why a pending command is not sent yet."""
    await connection.execute(update(commands).where(commands.c.id == run.id).values(reason=reason))


async def _add_step(
    connection: AsyncConnection, run: CommandRun, who: str, reason: str | None
) -> None:
    count = select(func.count() + 1).where(command_steps.c.command_id == run.id).scalar_subquery()
    await connection.execute(
        insert(command_steps).values(
            command_id=run.id,
            step=count,
            tenant_id=run.tenant_id,
            time=run.updated_at,
            state=run.state,
            attempt=run.attempts,
            who=who,
            reason=reason,
        )
    )
