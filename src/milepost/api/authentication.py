"""Who sends a request: the bearer token of the Authorization header."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from milepost.errors import Unauthenticated
from milepost.features.guards import PUBLIC
from milepost.features.sign_in.authenticator import Authenticator, client_address


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Puts the caller's identity into `request.user` and their Scope into `request.auth`."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        super().__init__(app, exclude_from_auth_key=PUBLIC, scopes={ScopeType.HTTP})
        self._authenticator = authenticator

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Read the header and ask the authenticator.

        Raises:
            Unauthenticated: there is no valid token.
        """
        scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the request carries no bearer token")
        identity = await self._authenticator.authenticate(token.strip(), client_address(connection))
        return AuthenticationResult(user=identity, auth=identity.scope)
