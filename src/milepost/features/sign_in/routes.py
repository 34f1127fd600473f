"""/auth."""

from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from milepost.errors import Forbidden
from milepost.features.guards import PUBLIC
from milepost.features.permissions import PERMISSIONS
from milepost.features.sign_in.authenticator import Identity, client_address
from milepost.features.sign_in.schemas import (
    CallerView,
    Login,
    Refresh,
    SessionView,
    SignedInTenant,
    SignedInUser,
)
from milepost.features.sign_in.service import Session, SignIn
from milepost.features.tokens import AccessClaims

Caller = Request[Identity, Any, Any]


@post("/login", operation_id="login", status_code=HTTP_200_OK)
async def login(
    data: JSONBody[Login], request: Request[Any, Any, Any], sign_in: NamedDependency[SignIn]
) -> SessionView:
    """Sign in. Too many attempts are refused for a while: from an address, or on an account."""
    return _view(await sign_in.login(data, client_address(request)))


@post("/refresh", operation_id="refresh", status_code=HTTP_200_OK)
async def refresh(data: JSONBody[Refresh], sign_in: NamedDependency[SignIn]) -> SessionView:
    """Get new tokens. A refresh token is good once: a second use ends the session."""
    return _view(await sign_in.refresh(data.refresh_token))


@post("/logout", operation_id="logout", status_code=HTTP_204_NO_CONTENT)
async def logout(request: Caller, sign_in: NamedDependency[SignIn]) -> None:
    """End the session: its access and refresh tokens are no longer good."""
    identity = request.user
    user_id, family_id = identity.scope.user_id, identity.family_id
    if user_id is None or family_id is None:
        raise Forbidden("signing out", "a session; an API key is revoked instead")
    ended = AccessClaims(user_id, identity.scope.tenant_id, family_id)
    await sign_in.logout(ended, client_address(request))


@get("/me", operation_id="getCaller")
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
    )


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
    "/auth", route_handlers=[login, refresh], opt={PUBLIC: True}, tags=["Sign-in"]
)
ROUTER = Router("/auth", route_handlers=[logout, get_caller], tags=["Sign-in"])
