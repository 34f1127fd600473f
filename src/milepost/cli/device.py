"""`milepost device transfer`: gives an identity to the tenant whose device it is."""

import argparse
import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from milepost.cli.logs import configure_logs
from milepost.cli.user import open_database
from milepost.domain.tenant import Tenant
from milepost.domain.vehicle import Device
from milepost.errors import NotFound
from milepost.features.audit.service import record
from milepost.features.devices.store import DEVICES
from milepost.features.devices.tables import devices
from milepost.features.rows import columns_of, fetch_all
from milepost.features.tenants.store import find_tenant_by_slug
from milepost.features.work import Work, system_work
from milepost.settings import Settings, load_settings
from milepost.workers.identities import lose


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its flags."""
    parser = subparsers.add_parser("device", help="manage devices (works while the server runs)")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    transfer = actions.add_parser(
        "transfer",
        help="give an identity to another tenant",
        description="The device belongs to that tenant from now on, whoever it was proven to be "
        "of. What it reported so far stays where it is.",
    )
    transfer.add_argument("unique_id", help="what the device calls itself, such as its IMEI")
    transfer.add_argument("--to", metavar="SLUG", required=True, help="the tenant")
    transfer.add_argument("--data", type=Path, help="folder of the embedded engines")


def run(args: argparse.Namespace) -> int:
    """Transfer the identity and say whose it was and is."""
    settings = load_settings(os.environ, data=args.data)
    configure_logs(settings.log_level, settings.log_format)
    before = asyncio.run(_run(settings, args.unique_id, args.to))
    was = "nobody's" if before is None else f"the device {before.id} of another tenant"
    print(f"{args.unique_id} belongs to {args.to} now; it was {was}")
    return 0


async def _run(settings: Settings, unique_id: str, slug: str) -> Device | None:
    async with open_database(settings) as database, database.operator_transaction() as connection:
        tenant = await find_tenant_by_slug(connection, slug)
        if tenant is None:
            raise NotFound("tenant", slug)
        return await transfer(connection, unique_id, tenant)


async def transfer(connection: AsyncConnection, unique_id: str, tenant: Tenant) -> Device | None:
    """Let the tenant have the identity; the device that had it before, if it was another's.

    A tenant that has not registered it gets a device without a vehicle.

    Raises:
        NotFound: nobody has registered the identity.
    """
    now = datetime.now(UTC)
    found = await _all_of(connection, unique_id)
    if not found:
        raise NotFound("device", unique_id)
    former = None
    for each in found:
        if each.tenant_id != tenant.id and each.lost_time is None:
            former = each if each.is_proven else former
            await lose(connection, each, now)
            after = msgspec.structs.replace(each, proven_time=None, lost_time=now)
            await record(_work(connection, each), "lost", "device", each.id, each, after)
    await _give(connection, tenant, found, now)
    return former


async def _give(
    connection: AsyncConnection, tenant: Tenant, found: list[Device], now: datetime
) -> None:
    own = next((each for each in found if each.tenant_id == tenant.id), None)
    work = system_work(connection, tenant.id, "cli", lambda: now, uuid7)
    if own is not None:
        after = msgspec.structs.replace(own, proven_time=own.proven_time or now, lost_time=None)
        await DEVICES.update(connection, after)
        await record(work, "proven", "device", own.id, own, after)
        return
    device = Device(
        id=uuid7(),
        tenant_id=tenant.id,
        created_at=now,
        updated_at=now,
        claimed_time=now,
        proven_time=now,
        unique_id=found[0].unique_id,
        protocol=found[0].protocol,
    )
    await DEVICES.insert(connection, device)
    await record(work, "created", "device", device.id, after=device)


async def _all_of(connection: AsyncConnection, unique_id: str) -> list[Device]:
    query = (
        select(*columns_of(devices, Device))
        .where(devices.c.unique_id == unique_id)
        .order_by(devices.c.proven_time.is_(None), devices.c.id)
        .with_for_update()
    )
    return await fetch_all(connection, query, Device)


def _work(connection: AsyncConnection, device: Device) -> Work:
    return system_work(connection, device.tenant_id, "cli", lambda: datetime.now(UTC), uuid7)
