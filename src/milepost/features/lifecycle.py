"""The life of an entity: added, changed, removed; each step versioned and audited."""

from typing import TypeVar
from uuid import UUID

import msgspec

from milepost.domain.entity import Entity
from milepost.features.audit.service import record
from milepost.features.entity_store import EntityStore
from milepost.features.etags import check_version
from milepost.features.work import Work

E = TypeVar("E", bound=Entity)


async def add(work: Work, store: EntityStore[E], entity: E) -> E:
    """Keep a new entity.

    Raises:
        Conflict: another one has the same unique value.
    """
    await store.insert(work.connection, entity)
    await record(work, "created", store.name, entity.id, after=entity)
    return entity


async def change(work: Work, store: EntityStore[E], before: E, after: E, if_match: str | None) -> E:
    """Keep the changes of an entity that was read with a lock; nothing different, no new version.

    Raises:
        StaleVersion: the change is based on another version.
        Conflict: another one has the same unique value.
    """
    check_version(store.name, before.version, if_match)
    if after == before:
        return before
    kept = msgspec.structs.replace(after, updated_at=work.clock(), version=before.version + 1)
    await store.update(work.connection, kept)
    await record(work, "changed", store.name, kept.id, before=before, after=kept)
    return kept


async def remove(work: Work, store: EntityStore[E], entity_id: UUID, if_match: str | None) -> E:
    """Remove an entity and return what it was.

    Raises:
        NotFound: there is none that the caller may know of.
        StaleVersion: the removal is based on another version.
    """
    entity = await store.get(work.connection, work.scope, entity_id, lock=True)
    check_version(store.name, entity.version, if_match)
    await store.delete(work.connection, entity)
    await record(work, "deleted", store.name, entity_id, before=entity)
    return entity
