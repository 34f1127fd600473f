"""Whose an identity is that calls for the first time: claims, registration by a pattern, or nobody.

Whatever is decided stands in the audit of every tenant that it concerns.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.domain.device_access import CLAIM_LIFETIME, Caller, Contender, Rule, winner
from milepost.domain.vehicle import Device
from milepost.features.audit.store import insert_entry
from milepost.features.commands.store import move, open_runs
from milepost.features.devices.tables import devices, unknown_devices
from milepost.features.rows import columns_of, fetch_all
from milepost.features.tenants.tables import tenants
from milepost.features.vehicles.tables import vehicles
from milepost.stores.postgres.database import Database
from milepost.workers.auto_registration import AutoRegistration

log = structlog.get_logger(__name__)

WHO = "system:gateway"
LOST = "the device showed to be another tenant's"
HOUR = timedelta(hours=1)
# A transaction that began earlier may be seen later.
OVERLAP = timedelta(minutes=1)


class Meeting(msgspec.Struct, frozen=True):
    """What came of a first contact: a device that is proven now, or why the caller is refused.

    `broken_rule` is that of a claim which does not let the caller speak; `disabled`: there is a
    claim, and its device is disabled. Without either nobody claims the identity.
    """

    is_proven: bool
    broken_rule: Rule | None = None
    disabled: bool = False


class Identities:
    """The processor's view of identities, over all tenants."""

    def __init__(
        self,
        database: Database,
        auto_registration: AutoRegistration | None,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._auto = auto_registration
        self._new_id = new_id
        self._told_full = False

    async def meet(self, unique_id: str, caller: Caller, now: datetime) -> Meeting:
        """Somebody calls by a name that is proven to be nobody's device.

        A new device without a connection calls many times before this is settled: the first call
        settles it, the others wait for that.
        """
        async with self._database.ingest_transaction() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(unique_id))))
            if await _is_proven(connection, unique_id):
                return Meeting(is_proven=True)
            claims = await _waiting_claims(connection, unique_id, now)
            enabled = [each for each in claims if each.enabled]
            contenders = [Contender(each.access, each.claimed_time) for each in enabled]
            place = winner(contenders, caller)
            if place is not None:
                await self._settle(connection, enabled[place], claims, now)
                return Meeting(is_proven=True)
            if not claims and await self._register(connection, unique_id, caller.protocol, now):
                return Meeting(is_proven=True)
            await connection.execute(_unknown_upsert(unique_id, caller, now))
            return await _turn_away(connection, enabled, claims, caller, now)

    async def note_refusals(self, refusals: Mapping[UUID, str], now: datetime) -> None:
        """Let the owners of devices see who was not allowed to speak for them."""
        async with self._database.ingest_transaction() as connection:
            await _note_refusals(connection, refusals, now)

    async def taken_since(self, since: datetime) -> Sequence[tuple[UUID, datetime]]:
        """Devices that have called and became another tenant's, and when."""
        query = select(devices.c.id, devices.c.lost_time).where(
            devices.c.lost_time > since - OVERLAP, devices.c.last_seen_time.is_not(None)
        )
        async with self._database.ingest_transaction() as connection:
            return [(row.id, row.lost_time) for row in await connection.execute(query)]

    async def _settle(
        self, connection: AsyncConnection, won: Device, claims: Sequence[Device], now: datetime
    ) -> None:
        await connection.execute(
            update(devices).where(devices.c.id == won.id).values(proven_time=now)
        )
        await self._note(connection, won, "proven", now)
        for lost in claims:
            if lost.id != won.id:
                await lose(connection, lost, now)
                await self._note(connection, lost, "lost", now)

    async def _note(
        self, connection: AsyncConnection, device: Device, action: str, now: datetime
    ) -> None:
        await insert_entry(
            connection,
            id=self._new_id(),
            tenant_id=device.tenant_id,
            time=now,
            who=WHO,
            action=action,
            kind="device",
            entity_id=device.id,
            before=None,
            after={"unique_id": device.unique_id, "claim": action},
        )

    async def _register(
        self, connection: AsyncConnection, unique_id: str, protocol: str, now: datetime
    ) -> bool:
        """A device, and a vehicle named after it, so that it shows on the map at once."""
        auto = self._auto
        if auto is None or auto.pattern.fullmatch(unique_id) is None:
            return False
        query = select(tenants.c.id).where(tenants.c.slug == auto.tenant_slug)
        tenant_id = await connection.scalar(query)
        if tenant_id is None or await _has(connection, tenant_id, unique_id):
            return False
        if not await self._has_room(connection, tenant_id, auto, now):
            return False
        vehicle_id = self._new_id()
        owned = {"tenant_id": tenant_id, "created_at": now, "updated_at": now, "version": 1}
        await connection.execute(insert(vehicles).values(id=vehicle_id, name=unique_id, **owned))
        device_id = self._new_id()
        values = {"unique_id": unique_id, "protocol": protocol, "vehicle_id": vehicle_id}
        times = {"claimed_time": now, "proven_time": now}
        await connection.execute(insert(devices).values(id=device_id, **values, **times, **owned))
        return True

    async def _has_room(
        self, connection: AsyncConnection, tenant_id: UUID, auto: AutoRegistration, now: datetime
    ) -> bool:
        own = devices.c.tenant_id == tenant_id
        recent = func.count().filter(devices.c.created_at > now - HOUR)
        row = (await connection.execute(select(recent, func.count()).where(own))).one()
        if row[0] < auto.per_hour and row[1] < auto.most:
            self._told_full = False
            return True
        auto.refused.inc()
        if not self._told_full:
            self._told_full = True
            log.warning(
                "devices.auto_register_full",
                tenant=auto.tenant_slug,
                within_the_hour=row[0],
                per_hour=auto.per_hour,
                devices=row[1],
                most=auto.most,
            )
        return False


async def lose(connection: AsyncConnection, device: Device, now: datetime) -> None:
    """A tenant's claim has lost; what waits to be told to the device never will be."""
    await connection.execute(
        update(devices).where(devices.c.id == device.id).values(proven_time=None, lost_time=now)
    )
    for run in await open_runs(connection, device.tenant_id, device.id, lock=True):
        await move(connection, run, "failed", now, WHO, reason=LOST)


async def _is_proven(connection: AsyncConnection, unique_id: str) -> bool:
    query = select(devices.c.id).where(
        devices.c.unique_id == unique_id, devices.c.proven_time.is_not(None)
    )
    return await connection.scalar(query) is not None


async def _has(connection: AsyncConnection, tenant_id: UUID, unique_id: str) -> bool:
    query = select(devices.c.id).where(
        devices.c.tenant_id == tenant_id, devices.c.unique_id == unique_id
    )
    return await connection.scalar(query) is not None


async def _waiting_claims(
    connection: AsyncConnection, unique_id: str, now: datetime
) -> list[Device]:
    query = (
        select(*columns_of(devices, Device))
        .where(
            devices.c.unique_id == unique_id,
            devices.c.proven_time.is_(None),
            devices.c.lost_time.is_(None),
            devices.c.claimed_time > now - CLAIM_LIFETIME,
        )
        .order_by(devices.c.id)
        .with_for_update()
    )
    return await fetch_all(connection, query, Device)


async def _turn_away(
    connection: AsyncConnection,
    enabled: Sequence[Device],
    claims: Sequence[Device],
    caller: Caller,
    now: datetime,
) -> Meeting:
    """Nobody's claim lets the caller speak: each owner sees it."""
    broken = {each.id: each.access.broken_rule(caller) for each in enabled}
    refusals = {
        device_id: f"{caller.protocol} from {caller.address}: {rule}"
        for device_id, rule in broken.items()
    }
    await _note_refusals(connection, refusals, now)
    rule = next(iter(broken.values()), None)
    return Meeting(is_proven=False, broken_rule=rule, disabled=bool(claims) and not enabled)


async def _note_refusals(
    connection: AsyncConnection, refusals: Mapping[UUID, str], now: datetime
) -> None:
    if not refusals:
        return
    statement = (
        update(devices)
        .where(devices.c.id == bindparam("refusing_id"))
        .values(last_refused_time=now, last_refusal=bindparam("reason"))
    )
    values = [{"refusing_id": each, "reason": reason} for each, reason in refusals.items()]
    await connection.execute(statement, values)


def _unknown_upsert(unique_id: str, caller: Caller, now: datetime) -> Any:
    statement = insert(unknown_devices).values(
        unique_id=unique_id,
        protocol=caller.protocol,
        source=caller.address,
        first_seen_time=now,
        last_seen_time=now,
        attempts=1,
    )
    return statement.on_conflict_do_update(
        index_elements=["unique_id"],
        set_={
            "protocol": statement.excluded.protocol,
            "source": statement.excluded.source,
            "last_seen_time": statement.excluded.last_seen_time,
            "attempts": unknown_devices.c.attempts + 1,
        },
    )
