"""/auth."""

from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from milepost.features.guards import PUBLIC, WITHOUT_FACTOR
from milepost.features.permissions import PERMISSIONS
from milepost.features.sign_in.authenticator import Identity, client_address
from milepost.features.sign_in.schemas import (
    CallerView,
    Login,
    Refresh,
    SecondStep,
    SessionView,
    SignedInTenant,
    SignedInUser,
)
from milepost.features.sign_in.service import SignIn
from milepost.features.sign_in.sessions import Client, Session, Sessions
from milepost.features.work import Work

Caller = Request[Identity, Any, Any]
_USER_AGENT_LENGTH = 300


@post("/login", operation_id="login", status_code=HTTP_200_OK)
async def login(
    data: JSONBody[Login], request: Request[Any, Any, Any], sign_in: NamedDependency[SignIn]
) -> SessionView:
    """Sign in. Too many attempts are refused for a while: from an address, or on an account.

    An account with a second factor gets 401 with the code `second_step_required` and a `challenge`
    for the second step.
    """
    return _view(await sign_in.login(data, _client(request)))


@post("/second-step", operation_id="takeSecondStep", status_code=HTTP_200_OK)
async def take_second_step(
    data: JSONBody[SecondStep], request: Request[Any, Any, Any], sign_in: NamedDependency[SignIn]
) -> SessionView:
    """Sign in with a code, after the password. A code is good once."""
    return _view(await sign_in.second_step(data, _client(request)))


@post("/refresh", operation_id="refresh", status_code=HTTP_200_OK)
async def refresh(
    data: JSONBody[Refresh], request: Request[Any, Any, Any], sessions: NamedDependency[Sessions]
) -> SessionView:
    """Get new tokens. A refresh token is good once: a second use ends the session.

    Within 15 seconds, while nobody has used the new one, the same new one is given again.
    """
    return _view(await sessions.refresh(data.refresh_token, _client(request)))


@post("/logout", operation_id="logout", status_code=HTTP_204_NO_CONTENT, opt={WITHOUT_FACTOR: True})
async def logout(own_work: NamedDependency[Work], sessions: NamedDependency[Sessions]) -> None:
    """End the session: its access and refresh tokens are no longer good."""
    await sessions.sign_out(own_work)


@get("/me", operation_id="getCaller", opt={WITHOUT_FACTOR: True})
async def get_caller(request: Caller) -> CallerView:
    """Who the caller is and what they may do."""
    identity = request.user
    scope = identity.scope
    user = None
    if scope.user_id is not None and identity.email is not None:
        user = SignedInUser(id=scope.user_id, email=identity.email, name=identity.name)
    return CallerView(
        user=user,
        tenant=SignedInTenant(id=scope.tenant_id, name=identity.tenant_name),
        role=scope.role,
        permissions=tuple(sorted(PERMISSIONS[scope.role])),
        fleet_ids=scope.fleet_ids,
        driver_id=scope.driver_id,
        second_factor_missing=identity.second_factor_missing,
    )


def _client(request: Request[Any, Any, Any]) -> Client:
    """The address, and what the browser says that it is: printable and not too long to be shown."""
    words = request.headers.get("User-Agent", "")[:_USER_AGENT_LENGTH]
    return Client(client_address(request), "".join(each for each in words if each.isprintable()))


def _view(session: Session) -> SessionView:
    account = session.account
    return SessionView(
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        device_token=session.device_token,
        expires_in_s=session.expires_in_s,
        user=SignedInUser(id=account.user_id, email=account.email, name=account.name),
        tenant=SignedInTenant(id=account.tenant_id, name=account.tenant_name),
        role=account.role,
    )


PUBLIC_ROUTER = Router(
    "/auth", route_handlers=[login, take_second_step, refresh], opt={PUBLIC: True}, tags=["Sign-in"]
)
ROUTER = Router("/auth", route_handlers=[logout, get_caller], tags=["Sign-in"])
