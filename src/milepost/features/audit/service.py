"""Who changed what, written within the transaction of the change."""

from typing import Any
from uuid import UUID

import msgspec

from milepost.features.audit import store
from milepost.features.audit.secrets import without_secrets
from milepost.features.work import Work

_UNWRITTEN = frozenset({"tenant_id", "created_at", "updated_at", "version"})


async def record(
    work: Work,
    action: str,
    kind: str,
    entity_id: UUID | None,
    before: msgspec.Struct | None = None,
    after: msgspec.Struct | None = None,
) -> None:
    """Note that the caller did something; of a change only the fields that differ are kept."""
    old, new = _values(before), _values(after)
    if before is not None and after is not None:
        differing = {name for name in new if new[name] != old.get(name)}
        old = {name: old.get(name) for name in differing}
        new = {name: new[name] for name in differing}
    await store.insert_entry(
        work.connection,
        id=work.make_id(),
        tenant_id=work.scope.tenant_id,
        time=work.clock(),
        who=work.who,
        action=action,
        kind=kind,
        entity_id=entity_id,
        before=without_secrets(old or None),
        after=without_secrets(new or None),
    )


def _values(entity: msgspec.Struct | None) -> dict[str, Any]:
    if entity is None:
        return {}
    values: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(entity))
    return {name: value for name, value in values.items() if name not in _UNWRITTEN}
