"""Tenants in PostgreSQL."""

from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.tenant import Tenant
from milepost.errors import Conflict, NotFound
from milepost.features.rows import columns_of, fetch_all, fetch_one
from milepost.features.tenants.tables import tenants

_COLUMNS = columns_of(tenants, Tenant)


async def get_tenant(connection: AsyncConnection, tenant_id: UUID, *, lock: bool = False) -> Tenant:
    """One tenant.

    Raises:
        NotFound: there is none with this id.
    """
    query = select(*_COLUMNS).where(tenants.c.id == tenant_id)
    found = await fetch_one(connection, query.with_for_update() if lock else query, Tenant)
    if found is None:
        raise NotFound("tenant", tenant_id)
    return found


async def find_tenant_by_slug(connection: AsyncConnection, slug: str) -> Tenant | None:
    """The tenant with this slug; for the command line, which sees all tenants."""
    return await fetch_one(connection, select(*_COLUMNS).where(tenants.c.slug == slug), Tenant)


async def list_tenants(connection: AsyncConnection) -> list[Tenant]:
    """All tenants by slug; for the command line, which sees all of them."""
    return await fetch_all(connection, select(*_COLUMNS).order_by(tenants.c.slug), Tenant)


async def insert_tenant(connection: AsyncConnection, tenant: Tenant) -> None:
    """Keep a new tenant.

    Raises:
        Conflict: another one has the slug.
    """
    try:
        await connection.execute(insert(tenants).values(**msgspec.structs.asdict(tenant)))
    except IntegrityError as error:
        raise Conflict("tenant", f"{tenant.slug} exists already") from error


async def update_tenant(connection: AsyncConnection, tenant: Tenant) -> None:
    """Keep the changes of a tenant that was read with a lock."""
    await connection.execute(
        update(tenants)
        .where(tenants.c.id == tenant.id)
        .values(
            name=tenant.name,
            thresholds=tenant.thresholds,
            second_factor_required=tenant.second_factor_required,
            time_zone=tenant.time_zone,
            updated_at=tenant.updated_at,
            version=tenant.version,
        )
    )
