"""/audit."""

from typing import Annotated, Any

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from milepost.features.audit.schemas import AuditEntryView, AuditPage
from milepost.features.audit.secrets import without_secrets
from milepost.features.audit.store import AuditEntry, AuditFilter, page_entries
from milepost.features.filters import EntityFilter, id_in
from milepost.features.guards import needs
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.periods import Period
from milepost.features.wire import PRINTABLE, camel, view_of
from milepost.features.work import Work


def _text(name: str, description: str) -> Any:
    return QueryParameter(name=name, max_length=100, pattern=PRINTABLE, description=description)


WhoFilter = Annotated[str | None, _text("who", "Only what this caller did: `user:<id>` and so on.")]
ActionFilter = Annotated[str | None, _text("action", "Only this action, such as `changed`.")]
KindFilter = Annotated[
    str | None, _text("kind", "Only about this kind: `vehicle`, `user`, `sign_in` and so on.")
]


async def provide_wanted(
    period: NamedDependency[Period],
    who: WhoFilter = None,
    action: ActionFilter = None,
    kind: KindFilter = None,
    entity_id: EntityFilter = None,
) -> AuditFilter:
    """The dependency that gathers the filters."""
    return AuditFilter(
        period=period, who=who, action=action, kind=kind, entity_id=id_in("entityId", entity_id)
    )


@get("/", operation_id="listAuditEntries", dependencies={"wanted": Provide(provide_wanted)})
async def list_entries(
    work: NamedDependency[Work],
    wanted: NamedDependency[AuditFilter],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> AuditPage:
    """What was changed in the tenant and by whom, and who signed in or was refused.

    The newest comes first.
    """
    page = await page_entries(work.connection, work.scope, wanted, after, limit)
    return AuditPage(items=[_view(item) for item in page.items], next=page.next)


def _view(entry: AuditEntry) -> AuditEntryView:
    """Entries of former versions may hold secrets of devices."""
    return view_of(entry, AuditEntryView, before=_fields(entry.before), after=_fields(entry.after))


def _fields(values: dict[str, Any] | None) -> dict[str, Any] | None:
    shown = without_secrets(values)
    return None if shown is None else {camel(name): value for name, value in shown.items()}


ROUTER = Router(
    "/audit", route_handlers=[list_entries], guards=[needs("administer")], tags=["Audit"]
)
