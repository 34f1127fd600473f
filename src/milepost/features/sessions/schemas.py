"""Sessions on the wire."""

from datetime import datetime
from uuid import UUID

from milepost.features.paging import Page
from milepost.features.sessions.store import OpenSession
from milepost.features.wire import Wire, view_of


class OpenSessionView(Wire, frozen=True):
    """A session that goes on. `expiresAt` is when it ends unless it is used before."""

    id: UUID
    tenant_id: UUID
    created_at: datetime
    last_used_time: datetime
    expires_at: datetime
    address: str
    user_agent: str
    present: bool


class SessionPage(Page[OpenSessionView], frozen=True):
    """A page of sessions."""

    items: list[OpenSessionView]


def session_page(page: Page[OpenSession], present: UUID | None) -> SessionPage:
    """The page on the wire; `present` is the caller's own session."""
    items = [view_of(each, OpenSessionView, present=each.id == present) for each in page.items]
    return SessionPage(items=items, next=page.next)
