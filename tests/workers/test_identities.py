"""Identities over tenants: a claim blocks nobody, the first contact proves, one tenant has it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import func, insert, select
from structlog.testing import capture_logs

from milepost.cli.device import transfer
from milepost.domain.command import CustomText
from milepost.domain.command_run import CommandRun
from milepost.domain.device_access import Caller, sealed
from milepost.domain.position import Position
from milepost.domain.scope import Scope
from milepost.errors import Forbidden, InvalidInput, NotAllowed, NotFound
from milepost.features.audit.tables import audit_entries
from milepost.features.commands import store as command_store
from milepost.features.devices.tables import devices, unknown_devices
from milepost.features.tenants.store import find_tenant_by_slug
from milepost.features.tenants.tables import tenants
from milepost.stores.postgres.database import Database
from milepost.stores.telemetry import Telemetry
from milepost.workers.auto_registration import AutoRegistration, auto_registration
from milepost.workers.identities import Identities
from milepost.workers.identity_watch import IdentityWatch
from milepost.workers.processor_store import ProcessorStore
from tests.conftest import NewTenant
from tests.workers.rig import NOW_MS, Rig, make_rig

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
DAY = timedelta(days=1)
CALLER = Caller("tiny", "192.0.2.7")


async def claim(
    database: Database, tenant_id: UUID, unique_id: str, age: timedelta, **values: object
) -> UUID:
    """Another claim of the identity, so old."""
    device_id = uuid4()
    owned = {"tenant_id": tenant_id, "created_at": NOW - age, "updated_at": NOW - age}
    async with database.operator_transaction() as connection:
        await connection.execute(
            insert(devices).values(
                id=device_id,
                unique_id=unique_id,
                protocol="tiny",
                claimed_time=NOW - age,
                **owned,
                **values,
            )
        )
    return device_id


async def standing(database: Database, unique_id: str) -> dict[UUID, str]:
    """Each tenant's claim."""
    query = select(devices.c.tenant_id, devices.c.proven_time, devices.c.lost_time).where(
        devices.c.unique_id == unique_id
    )
    async with database.operator_transaction() as connection:
        rows = (await connection.execute(query)).all()
    return {
        row.tenant_id: "proven" if row.proven_time else "lost" if row.lost_time else "waiting"
        for row in rows
    }


async def told(database: Database, tenant_id: UUID) -> list[str]:
    """What the tenant's audit says of its devices."""
    query = (
        select(audit_entries.c.action)
        .where(audit_entries.c.tenant_id == tenant_id, audit_entries.c.kind == "device")
        .order_by(audit_entries.c.time)
    )
    async with database.operator_transaction() as connection:
        return list(await connection.scalars(query))


@pytest.fixture
async def tenants_of_three(new_tenant: NewTenant) -> list[UUID]:
    return [(await new_tenant()).tenant_id for _ in range(3)]


@pytest.fixture
def identities(database: Database) -> Identities:
    return Identities(database, None, uuid4)


async def test_the_newest_claim_wins_and_all_owners_are_told(
    database: Database, identities: Identities, tenants_of_three: list[UUID]
) -> None:
    unique_id = f"id-{uuid4().hex}"
    early, late, expired = tenants_of_three
    await claim(database, early, unique_id, 5 * DAY)
    await claim(database, late, unique_id, DAY)
    await claim(database, expired, unique_id, 30 * DAY)
    assert (await identities.meet(unique_id, CALLER, NOW)).is_proven
    assert await standing(database, unique_id) == {
        early: "lost",
        late: "proven",
        expired: "waiting",
    }
    assert await told(database, late) == ["proven"]
    assert await told(database, early) == ["lost"]


@pytest.mark.parametrize(
    "proof",
    [{"secret_hash": sealed("correct-horse", bytes(16))}, {"allowed_networks": ["192.0.2.0/24"]}],
)
async def test_proof_beats_what_is_newer(
    database: Database,
    identities: Identities,
    tenants_of_three: list[UUID],
    proof: dict[str, object],
) -> None:
    unique_id = f"id-{uuid4().hex}"
    owner, squatter, _ = tenants_of_three
    await claim(database, owner, unique_id, 9 * DAY, **proof)
    await claim(database, squatter, unique_id, DAY)
    caller = msgspec.structs.replace(CALLER, secret="correct-horse")
    assert (await identities.meet(unique_id, caller, NOW)).is_proven
    assert (await standing(database, unique_id))[owner] == "proven"


async def test_callers_at_once_prove_it_once(
    database: Database, identities: Identities, tenants_of_three: list[UUID]
) -> None:
    unique_id = f"id-{uuid4().hex}"
    for age, tenant_id in enumerate(tenants_of_three):
        await claim(database, tenant_id, unique_id, age * DAY)
    met = await asyncio.gather(*(identities.meet(unique_id, CALLER, NOW) for _ in range(5)))
    assert all(each.is_proven for each in met)
    assert sorted((await standing(database, unique_id)).values()) == ["lost", "lost", "proven"]


async def test_a_proven_identity_is_one_tenants_whatever_is_claimed_later(
    rig: Rig, database: Database, new_tenant: NewTenant
) -> None:
    async with rig.processor() as processor:
        assert await rig.send(processor, [Position(NOW_MS, 50.0, 7.0)]) == [None]
        thief = (await new_tenant()).tenant_id
        await claim(database, thief, rig.unique_id, timedelta(0), allowed_networks=["127.0.0.0/8"])
        session = await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
        assert session.installation.device.tenant_id == rig.scope.tenant_id
    assert await standing(database, rig.unique_id) == {
        rig.scope.tenant_id: "proven",
        thief: "waiting",
    }


async def test_what_no_claim_lets_in_is_refused_listed_and_shown_to_the_owner(
    rig: Rig, database: Database, tenants_of_three: list[UUID]
) -> None:
    unique_id = f"id-{uuid4().hex}"
    device_id = await claim(
        database, tenants_of_three[0], unique_id, DAY, allowed_networks=["198.51.100.0/24"]
    )
    async with rig.processor() as processor:
        with pytest.raises(NotAllowed, match="network"):
            await processor.ingest.open(unique_id, "tiny", "192.0.2.7")
    async with database.operator_transaction() as connection:
        query = select(devices.c.last_refusal, devices.c.last_refused_time)
        row = (await connection.execute(query.where(devices.c.id == device_id))).one()
        listed = select(func.count()).where(unknown_devices.c.unique_id == unique_id)
        assert await connection.scalar(listed) == 1
    assert tuple(row) == ("tiny from 192.0.2.7: network", NOW)


async def test_disabled_and_expired_claims_prove_nothing(
    rig: Rig, database: Database, tenants_of_three: list[UUID]
) -> None:
    disabled, expired = f"id-{uuid4().hex}", f"id-{uuid4().hex}"
    await claim(database, tenants_of_three[0], disabled, DAY, enabled=False)
    await claim(database, tenants_of_three[0], expired, 30 * DAY)
    async with rig.processor() as processor:
        with pytest.raises(Forbidden, match="enabled"):
            await processor.ingest.open(disabled, "tiny", "192.0.2.7")
        with pytest.raises(NotFound):
            await processor.ingest.open(expired, "tiny", "192.0.2.7")


async def test_commands_that_wait_for_a_device_that_is_anothers_fail(
    database: Database, identities: Identities, tenants_of_three: list[UUID]
) -> None:
    unique_id = f"id-{uuid4().hex}"
    loser, winner, _ = tenants_of_three
    device_id = await claim(database, loser, unique_id, 2 * DAY)
    await claim(database, winner, unique_id, DAY)
    scope = Scope(tenant_id=loser, user_id=None, role="admin")
    run = CommandRun(
        id=uuid4(),
        tenant_id=loser,
        device_id=device_id,
        vehicle_id=None,
        number=1,
        kind="custom_text",
        command=CustomText("getver"),
        state="pending",
        attempts=0,
        who="user:test",
        initiator_user_id=None,
        reply=None,
        reason=None,
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + DAY,
    )
    async with database.transaction(scope) as connection:
        await command_store.insert_run(connection, run, None)
    await identities.meet(unique_id, CALLER, NOW)
    async with database.transaction(scope) as connection:
        kept = await command_store.get_run(connection, loser, device_id, run.id)
    assert (kept.state, kept.reason) == ("failed", "the device showed to be another tenant's")


async def test_the_operator_transfers_an_identity_and_the_open_connection_follows(
    rig: Rig, database: Database, new_tenant: NewTenant
) -> None:
    other = (await new_tenant()).tenant_id
    async with rig.processor() as processor:
        session = await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
        assert await rig.send(processor, [Position(NOW_MS, 50.0, 7.0)]) == [None]
        await processor.settle()
        async with database.operator_transaction() as connection:
            slug = await connection.scalar(select(tenants.c.slug).where(tenants.c.id == other))
            tenant = await find_tenant_by_slug(connection, str(slug))
            assert tenant is not None
            former = await transfer(connection, rig.unique_id, tenant)
        assert former is not None
        assert former.tenant_id == rig.scope.tenant_id
        identities = Identities(database, None, uuid4)
        watch = IdentityWatch(processor.arrivals, processor.shards, identities, lambda: NOW_MS)
        await watch.look()
        assert session.is_stale
        again = await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
        assert again.installation.device.tenant_id == other
    assert await standing(database, rig.unique_id) == {
        rig.scope.tenant_id: "lost",
        other: "proven",
    }
    assert await told(database, rig.scope.tenant_id) == ["proven", "lost"]
    assert await told(database, other) == ["created"]


async def test_registration_by_pattern_is_bounded_counted_and_told_once(
    database: Database, new_tenant: NewTenant
) -> None:
    tenant_id = (await new_tenant()).tenant_id
    async with database.operator_transaction() as connection:
        slug = await connection.scalar(select(tenants.c.slug).where(tenants.c.id == tenant_id))
    refused = Counter("refused", "", registry=CollectorRegistry())
    marker = uuid4().hex
    auto = AutoRegistration(str(slug), re.compile(f"{marker}-.*"), 3, 5, refused)
    identities = Identities(database, auto, uuid4)

    async def call(number: int, at: datetime) -> bool:
        return (await identities.meet(f"{marker}-{number}", CALLER, at)).is_proven

    with capture_logs() as logs:
        assert [await call(number, NOW) for number in range(6)] == [True] * 3 + [False] * 3
        later = NOW + timedelta(hours=1, seconds=1)
        assert [await call(number, later) for number in range(3, 7)] == [True] * 2 + [False] * 2
    assert refused._value.get() == 5
    full = [each for each in logs if each["event"] == "devices.auto_register_full"]
    assert [(each["within_the_hour"], each["devices"]) for each in full] == [(3, 3), (2, 5)]


async def test_a_pattern_takes_nothing_that_somebody_claims(
    database: Database, tenants_of_three: list[UUID]
) -> None:
    unique_id = f"id-{uuid4().hex}"
    owner, automatic, _ = tenants_of_three
    await claim(database, owner, unique_id, DAY, secret_hash=sealed("correct-horse", bytes(16)))
    async with database.operator_transaction() as connection:
        slug = await connection.scalar(select(tenants.c.slug).where(tenants.c.id == automatic))
    counter = Counter("refused", "", registry=CollectorRegistry())
    auto = AutoRegistration(str(slug), re.compile(".*"), 10, 10, counter)
    met = await Identities(database, auto, uuid4).meet(unique_id, CALLER, NOW)
    assert (met.is_proven, met.broken_rule) == (False, "secret")
    assert await standing(database, unique_id) == {owner: "waiting"}


async def test_refusals_are_written_for_the_owner(rig: Rig, database: Database) -> None:
    async with rig.processor() as processor:
        session = await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
        processor.ingest.refused(session, "osmand from 192.0.2.7: protocol")
        identities = Identities(database, None, uuid4)
        watch = IdentityWatch(processor.arrivals, processor.shards, identities, lambda: NOW_MS)
        await watch.look()
    async with database.transaction(rig.scope) as connection:
        query = select(devices.c.last_refusal).where(devices.c.unique_id == rig.unique_id)
        assert await connection.scalar(query) == "osmand from 192.0.2.7: protocol"


@pytest.fixture
async def rig(database: Database, telemetry: Telemetry, scope: Scope) -> Rig:
    return await make_rig(database, telemetry, scope, proven=False)


async def test_a_deleted_device_sets_its_identity_free(
    rig: Rig, database: Database, new_tenant: NewTenant
) -> None:
    next_owner = (await new_tenant()).tenant_id
    async with rig.processor() as processor:
        await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
    async with database.operator_transaction() as connection:
        await connection.execute(devices.delete().where(devices.c.unique_id == rig.unique_id))
    await claim(database, next_owner, rig.unique_id, timedelta(0))
    found = await ProcessorStore(database, None, uuid4).find_installations([rig.unique_id])
    assert found == {}
    async with rig.processor() as processor:
        await processor.ingest.open(rig.unique_id, "tiny", "127.0.0.1")
    assert await standing(database, rig.unique_id) == {next_owner: "proven"}


@pytest.mark.parametrize(
    ("setting", "per_hour", "said"),
    [
        ("no-colon", 1, "tenant-slug:pattern"),
        ("slug:", 1, "tenant-slug:pattern"),
        ("slug:(", 1, "a pattern"),
        ("slug:35.*", -1, "MILEPOST_AUTO_REGISTER_PER_HOUR: -1 came"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(setting: str, per_hour: int, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        auto_registration(setting, per_hour, 1, CollectorRegistry())
