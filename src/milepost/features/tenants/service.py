"""Tenants: made by the operator, changed by their administrators."""

import re

import msgspec

from milepost.domain.revocation import Revocation
from milepost.domain.tenant import Tenant
from milepost.features.audit.service import record
from milepost.features.etags import check_version
from milepost.features.former_thresholds.store import OF_THE_TENANT, keep_former
from milepost.features.patching import changed_fields
from milepost.features.tenants import store
from milepost.features.tenants.schemas import TenantPatch
from milepost.features.thresholds import merged
from milepost.features.time_zones import time_zone
from milepost.features.work import Work


async def create_tenant(work: Work, name: str, slug: str | None = None) -> Tenant:
    """Make the tenant that `work.scope` names; the first of all adopts unknown devices.

    Args:
        work: an operator's work; see `system_work`.
        name: what people call it.
        slug: what commands and settings call it; made from the name by default.

    Raises:
        Conflict: another tenant has the slug.
    """
    now = work.clock()
    tenant = Tenant(
        id=work.scope.tenant_id,
        name=name,
        slug=slug or slug_of(name),
        adopts_unknown_devices=not await store.list_tenants(work.connection),
        created_at=now,
        updated_at=now,
    )
    await store.insert_tenant(work.connection, tenant)
    await record(work, "created", "tenant", tenant.id, after=tenant)
    return tenant


async def change_tenant(work: Work, patch: TenantPatch, if_match: str | None) -> Tenant:
    """Change the caller's tenant.

    Raises:
        StaleVersion: the change is based on another version.
        InvalidInput: there is no such time zone.
    """
    before = await store.get_tenant(work.connection, work.scope.tenant_id, lock=True)
    check_version("tenant", before.version, if_match)
    changes = changed_fields(patch)
    if "time_zone" in changes:
        time_zone(changes["time_zone"])
    if "thresholds" in changes:
        changes["thresholds"] = merged(before.thresholds, changes["thresholds"])
    after = msgspec.structs.replace(before, **changes)
    if after == before:
        return before
    kept = msgspec.structs.replace(after, updated_at=work.clock(), version=before.version + 1)
    await store.update_tenant(work.connection, kept)
    if kept.thresholds != before.thresholds:
        owner = (before.id, OF_THE_TENANT)
        await keep_former(work.connection, owner, before.thresholds, work.clock())
    await record(work, "changed", "tenant", kept.id, before=before, after=kept)
    work.tenant_changed()
    if kept.second_factor_required and not before.second_factor_required:
        # Whoever watches without a second factor has to ask again, and is refused.
        work.access_ended(Revocation("tenant", kept.id))
    return kept


def slug_of(name: str) -> str:
    """The name in lower case, with hyphens for whatever is not a letter or a digit."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "tenant"
