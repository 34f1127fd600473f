"""`milepost user …`: accounts, as whoever runs the server makes them and helps their owners."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from milepost.cli.logs import configure_logs
from milepost.domain.scope import ROLES
from milepost.domain.tenant import Member, Tenant
from milepost.errors import DataFolderInUse, InvalidInput, NotFound
from milepost.features.password_resets.service import make_code
from milepost.features.passwords import Passwords
from milepost.features.tenants.service import create_tenant
from milepost.features.tenants.store import find_tenant_by_slug, list_tenants
from milepost.features.users.schemas import NewUser
from milepost.features.users.service import create_user, reset_second_factor
from milepost.features.users.store import find_home
from milepost.features.work import Work, system_work
from milepost.settings import Settings, load_settings
from milepost.stores.data_folder import DataFolder
from milepost.stores.embedded_postgres import EmbeddedPostgres
from milepost.stores.postgres.database import Database
from milepost.stores.postgres.migrate import let_roles_log_in, migrate
from milepost.stores.running_postgres import running_postgres_url

T = TypeVar("T")

FIRST_TENANT = "My fleet"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("user", help="manage accounts (works while the server runs)")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make an account")
    add.add_argument("--email", required=True)
    add.add_argument("--name", required=True, help="what people call them")
    add.add_argument("--role", choices=ROLES, required=True)
    tenant = add.add_mutually_exclusive_group()
    tenant.add_argument("--tenant", metavar="SLUG", help="which tenant, if there are several")
    tenant.add_argument("--new-tenant", metavar="NAME", help="make a tenant of this name for them")
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    add.set_defaults(act=_add_user)
    reset = actions.add_parser("reset-password", help="make a code for a new password")
    reset.add_argument("--email", required=True)
    reset.set_defaults(act=_reset_password)
    lost = actions.add_parser("reset-second-factor", help="take away a second factor that is lost")
    lost.add_argument("--email", required=True)
    lost.set_defaults(act=_reset_second_factor)
    for each in (add, reset, lost):
        each.add_argument("--data", type=Path, help="folder of the embedded engines")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for, and say what became of it."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    print(args.act(settings, args))
    return 0


def _add_user(settings: Settings, args: argparse.Namespace) -> str:
    new = _new_user(args)
    member, tenant = asyncio.run(_add(settings, new, args.tenant, args.new_tenant))
    return f"{member.email} may sign in to {tenant.name} ({tenant.slug}) as {member.role}"


def _reset_password(settings: Settings, args: argparse.Namespace) -> str:
    made = asyncio.run(_with_account(settings, args.email, make_code))
    return (
        f"{made.code}\n{args.email} sets a new password with this code, once, within an hour: "
        "“Forgotten your password?” on the sign-in page"
    )


def _reset_second_factor(settings: Settings, args: argparse.Namespace) -> str:
    asyncio.run(_with_account(settings, args.email, reset_second_factor))
    return f"{args.email} has no second factor any more, and is signed out everywhere"


async def _with_account(
    settings: Settings, email: str, act: Callable[[Work, UUID], Awaitable[T]]
) -> T:
    async with open_database(settings) as database, database.operator_transaction() as connection:
        user_id, tenant_id = await find_home(connection, email)
        return await act(_work(connection, tenant_id), user_id)


def _new_user(args: argparse.Namespace) -> NewUser:
    values = {
        "email": args.email,
        "name": args.name,
        "role": args.role,
        "password": _password(from_stdin=args.password_stdin),
    }
    try:
        return msgspec.convert(values, NewUser)
    except msgspec.ValidationError as error:
        raise InvalidInput("account", args.email, str(error)) from error


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise InvalidInput("password", "two different texts", "the same text twice")
    return password


async def _add(
    settings: Settings, new: NewUser, slug: str | None, new_tenant: str | None
) -> tuple[Member, Tenant]:
    async with open_database(settings) as database, database.operator_transaction() as connection:
        tenant = await _tenant(connection, slug, new_tenant)
        return await create_user(_work(connection, tenant.id), Passwords(), new), tenant


async def _tenant(connection: AsyncConnection, slug: str | None, new_tenant: str | None) -> Tenant:
    if slug is not None:
        found = await find_tenant_by_slug(connection, slug)
        if found is None:
            raise NotFound("tenant", slug)
        return found
    tenants = await list_tenants(connection)
    if new_tenant is not None or not tenants:
        return await create_tenant(_work(connection, uuid7()), new_tenant or FIRST_TENANT)
    if len(tenants) > 1:
        known = ", ".join(tenant.slug for tenant in tenants)
        raise InvalidInput("--tenant", None, f"one of {known}; or --new-tenant NAME")
    return tenants[0]


def _work(connection: AsyncConnection, tenant_id: UUID) -> Work:
    return system_work(connection, tenant_id, "cli", lambda: datetime.now(UTC), uuid7)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of this installation, whether its server runs or not."""
    async with AsyncExitStack() as stack:
        url = await _url(stack, settings)
        database = Database(url, login_as_role=settings.database_url is None)
        stack.push_async_callback(database.close)
        yield database


async def _url(stack: AsyncExitStack, settings: Settings) -> str:
    """Of PostgreSQL as set, as a running server owns it, or as it is started for this."""
    if settings.database_url is not None:
        await migrate(settings.database_url)
        return settings.database_url
    folder = DataFolder(settings.data)
    try:
        stack.enter_context(folder)
    except DataFolderInUse:
        running = running_postgres_url(folder.postgres)
        if running is None:
            raise
        return running
    postgres = EmbeddedPostgres(folder.postgres)
    await asyncio.to_thread(postgres.start)
    stack.callback(postgres.stop)
    await migrate(postgres.url)
    await let_roles_log_in(postgres.url)
    return postgres.url
