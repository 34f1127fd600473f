"""The audit on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from milepost.features.paging import Page
from milepost.features.wire import Wire


class AuditEntryView(Wire, frozen=True):
    """Who did what, when.

    `who` is `user:<id>`, `api_key:<id>` or `system:<part>`. `before` and `after` hold the fields
    of a change that differ. `detail` holds what is known of a sign-in: the address, the account as
    it was typed, and why it was refused.
    """

    id: UUID
    time: datetime
    who: str
    action: str
    kind: str
    entity_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    detail: dict[str, Any] | None


class AuditPage(Page[AuditEntryView], frozen=True):
    """A page of the audit."""

    items: list[AuditEntryView]
