"""Users of a tenant: made, changed, removed by its administrators."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from milepost.domain.scope import Role
from milepost.domain.tenant import Member
from milepost.errors import Conflict, Forbidden, InvalidInput, NotFound
from milepost.features.audit.service import record
from milepost.features.drivers.store import DRIVERS
from milepost.features.etags import check_version
from milepost.features.fleets.store import FLEETS
from milepost.features.password_rules import check_password
from milepost.features.passwords import Passwords
from milepost.features.patching import changed_fields
from milepost.features.second_factor.store import delete_factor
from milepost.features.sessions import store as sessions
from milepost.features.tenants.store import get_tenant
from milepost.features.users import store
from milepost.features.users.schemas import NewUser, UserPatch
from milepost.features.work import Work

_log = structlog.get_logger("milepost.users")
_ACCOUNT = frozenset({"name", "enabled", "password"})


async def create_user(work: Work, passwords: Passwords, new: NewUser) -> Member:
    """Make an account and its membership.

    Raises:
        Conflict: an account with this e-mail address exists; in which tenant is not told.
        UnsafePassword: the password breaks a rule.
        InvalidInput: an administrator is restricted to fleets.
        NotFound: there is no such fleet or driver.
    """
    await _check_password(work, new.password, new.email, new.name)
    return await keep_user(work, passwords, new)


async def keep_user(work: Work, passwords: Passwords, new: NewUser) -> Member:
    """Make an account whatever its password is: the demo's is public.

    Raises:
        Conflict: an account with this e-mail address exists; in which tenant is not told.
        InvalidInput: an administrator is restricted to fleets.
        NotFound: there is no such fleet or driver.
    """
    await check_reach(work, new.role, new.fleet_ids, new.driver_id)
    now = work.clock()
    member = Member(
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        home_tenant_id=work.scope.tenant_id,
        email=new.email.lower(),
        name=new.name,
        enabled=True,
        role=new.role,
        fleet_ids=new.fleet_ids,
        driver_id=new.driver_id,
        created_at=now,
        updated_at=now,
    )
    password_hash = await passwords.hash(new.password)
    try:
        await store.insert_member(work.connection, member, password_hash)
    except Conflict:
        _log.warning("user.address_taken", tenant_id=str(member.tenant_id), by=work.who)
        raise
    await record(work, "created", "user", member.id, after=member)
    return member


async def change_user(
    work: Work, passwords: Passwords, user_id: UUID, patch: UserPatch, if_match: str | None
) -> Member:
    """Change a member; a new password or a disabled account ends what it is signed in with.

    Raises:
        NotFound: there is no such member, fleet or driver.
        Forbidden: another tenant made the account, and the account itself is to be changed; or
            the caller's own password is.
        Conflict: the tenant would have no administrator left.
        StaleVersion: the change is based on another version.
        UnsafePassword: the new password breaks a rule.
    """
    before = await store.get_member(work.connection, work.scope, user_id, lock=True)
    check_version("user", before.version, if_match)
    changes = changed_fields(patch)
    if _ACCOUNT & changes.keys():
        demand_home(before)
    password = changes.pop("password", None)
    if password is not None:
        demand_another(work, before)
    after = msgspec.structs.replace(before, **changes)
    if after == before and password is None:
        return before
    await check_reach(work, after.role, after.fleet_ids, after.driver_id)
    await _check_admin_stays(work, before, after)
    kept = msgspec.structs.replace(after, updated_at=work.clock(), version=before.version + 1)
    password_hash = None
    if password is not None:
        await _check_password(work, password, kept.email, kept.name)
        password_hash = await passwords.hash(password)
    await store.update_member(work.connection, kept, password_hash)
    if password is not None or not kept.enabled:
        await store.sign_out(work.connection, before, work.clock())
    work.user_changed(user_id)
    action = "changed" if password is None else "changed password of"
    await record(work, action, "user", user_id, before=before, after=kept)
    return kept


async def delete_user(work: Work, user_id: UUID, if_match: str | None) -> None:
    """Remove a member, and the account itself if the tenant made it.

    Raises:
        NotFound: there is no such member.
        Conflict: the tenant would have no administrator left.
        StaleVersion: the removal is based on another version.
    """
    before = await store.get_member(work.connection, work.scope, user_id, lock=True)
    check_version("user", before.version, if_match)
    await _check_admin_stays(work, before, None)
    await store.sign_out(work.connection, before, work.clock())
    await store.delete_member(work.connection, before)
    work.user_changed(user_id)
    await record(work, "deleted", "user", user_id, before=before)


async def end_sessions(work: Work, user_id: UUID) -> None:
    """Sign a member out of this tenant, everywhere.

    Raises:
        NotFound: there is no such member.
    """
    member = await store.get_member(work.connection, work.scope, user_id)
    tenant_id = work.scope.tenant_id
    for ended in await sessions.end_sessions(
        work.connection, member.id, work.clock(), tenant_id=tenant_id
    ):
        work.session_ended(ended)
    await record(work, "ended all sessions of", "user", user_id)


async def reset_second_factor(work: Work, user_id: UUID) -> None:
    """Take away the second factor of a member who has lost it, and end their sessions.

    Raises:
        NotFound: there is no such member, or they have no second factor.
        Forbidden: another tenant made the account, or it is the caller's own.
    """
    member = await store.get_member(work.connection, work.scope, user_id, lock=True)
    demand_home(member)
    demand_another(work, member)
    if not await delete_factor(work.connection, user_id):
        raise NotFound("second factor of user", user_id)
    await store.sign_out(work.connection, member, work.clock())
    work.user_changed(user_id)
    await record(work, "reset the second factor of", "user", user_id)


def demand_home(member: Member) -> None:
    """Let the tenant that made the account pass.

    Raises:
        Forbidden: it is another one.
    """
    if member.home_tenant_id != member.tenant_id:
        raise Forbidden("changing the account", "the tenant that made it")


def demand_another(work: Work, member: Member) -> None:
    """Let whoever helps somebody else pass.

    Whoever finds an administrator's browser open could otherwise do without the password and the
    code that `/account` asks for.

    Raises:
        Forbidden: it is the caller's own account.
    """
    if member.id == work.scope.user_id:
        raise Forbidden("this for one's own account", "another administrator; or use /account")


async def check_reach(
    work: Work, role: Role, fleet_ids: Sequence[UUID] | None, driver_id: UUID | None
) -> None:
    """What a member or a key is to reach must be the tenant's.

    Raises:
        InvalidInput: an administrator is restricted to fleets, which administration is not.
        NotFound: there is no such fleet or driver.
    """
    if role == "admin" and fleet_ids is not None:
        raise InvalidInput("fleetIds", len(fleet_ids), "null for the role admin")
    for fleet_id in fleet_ids or ():
        await FLEETS.get(work.connection, work.scope, fleet_id)
    if driver_id is not None:
        await DRIVERS.get(work.connection, work.scope, driver_id)


async def _check_admin_stays(work: Work, before: Member, after: Member | None) -> None:
    if before.role != "admin" or not before.enabled:
        return
    if after is not None and after.role == "admin" and after.enabled:
        return
    if await store.count_other_admins(work.connection, work.scope, before.id) == 0:
        raise Conflict("user", "the tenant's last administrator stays one")


async def _check_password(work: Work, password: str, email: str, name: str) -> None:
    tenant = await get_tenant(work.connection, work.scope.tenant_id)
    check_password(password, (email, name, tenant.name, tenant.slug))
