"""/users: the members of the caller's tenant."""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from milepost.domain.tenant import Member
from milepost.features.answers import ETAG, created, tagged
from milepost.features.etags import IfMatch
from milepost.features.guards import needs
from milepost.features.idempotency.once import Once
from milepost.features.paging import DEFAULT_LIMIT, After, Limit
from milepost.features.passwords import Passwords
from milepost.features.sessions.schemas import SessionPage, session_page
from milepost.features.sessions.store import page_sessions
from milepost.features.users import service
from milepost.features.users.schemas import NewUser, UserPage, UserPatch, UserView
from milepost.features.users.store import get_member, page_members, sessions_of
from milepost.features.wire import view_of
from milepost.features.work import Work


@get("/", operation_id="listUsers")
async def list_users(
    work: NamedDependency[Work], limit: Limit = DEFAULT_LIMIT, after: After = None
) -> UserPage:
    """The tenant's users in the order of their e-mail addresses."""
    page = await page_members(work.connection, work.scope, after, limit)
    return UserPage(items=[_view(member) for member in page.items], next=page.next)


@post("/", operation_id="createUser", response_headers=[ETAG])
async def create_user(
    data: JSONBody[NewUser],
    work: NamedDependency[Work],
    once: NamedDependency[Once],
    passwords: NamedDependency[Passwords],
) -> Response[UserView]:
    """Make an account that may sign in to this tenant."""

    async def create() -> Response[UserView]:
        member = await service.create_user(work, passwords, data)
        return created(_view(member), f"/users/{member.id}", member.version)

    return await once.create(create)


@get("/{user_id:uuid}", operation_id="getUser", response_headers=[ETAG])
async def get_user(user_id: FromPath[UUID], work: NamedDependency[Work]) -> Response[UserView]:
    """One user."""
    member = await get_member(work.connection, work.scope, user_id)
    return tagged(_view(member), member.version)


@patch("/{user_id:uuid}", operation_id="changeUser", response_headers=[ETAG])
async def change_user(
    user_id: FromPath[UUID],
    data: JSONBody[UserPatch],
    work: NamedDependency[Work],
    passwords: NamedDependency[Passwords],
    if_match: IfMatch = None,
) -> Response[UserView]:
    """Change a user; a new password or a disabled account signs them out everywhere."""
    member = await service.change_user(work, passwords, user_id, data, if_match)
    return tagged(_view(member), member.version)


@delete("/{user_id:uuid}", operation_id="deleteUser")
async def delete_user(
    user_id: FromPath[UUID], work: NamedDependency[Work], if_match: IfMatch = None
) -> None:
    """Remove a user from the tenant."""
    await service.delete_user(work, user_id, if_match)


@get("/{user_id:uuid}/sessions", operation_id="listUserSessions")
async def list_user_sessions(
    user_id: FromPath[UUID],
    work: NamedDependency[Work],
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> SessionPage:
    """What a user is signed in with in this tenant."""
    await get_member(work.connection, work.scope, user_id)
    query = sessions_of(user_id, work.clock(), work.scope)
    return session_page(await page_sessions(work.connection, query, after, limit), work.session_id)


@delete("/{user_id:uuid}/sessions", operation_id="endUserSessions")
async def end_user_sessions(user_id: FromPath[UUID], work: NamedDependency[Work]) -> None:
    """Sign a user out of this tenant, everywhere."""
    await service.end_sessions(work, user_id)


@delete("/{user_id:uuid}/second-factor", operation_id="resetSecondFactor")
async def reset_second_factor(user_id: FromPath[UUID], work: NamedDependency[Work]) -> None:
    """Take away the second factor of a user who has lost it; they are signed out everywhere."""
    await service.reset_second_factor(work, user_id)


def _view(member: Member) -> UserView:
    return view_of(member, UserView)


ROUTER = Router(
    "/users",
    route_handlers=[
        list_users,
        create_user,
        get_user,
        change_user,
        delete_user,
        list_user_sessions,
        end_user_sessions,
        reset_second_factor,
    ],
    guards=[needs("administer")],
    tags=["Users"],
)
