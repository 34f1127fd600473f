"""Who sends a request: the bearer token of the Authorization header."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from milepost.api.request_limits import RequestLimits, address_of, cost_of
from milepost.errors import SecondFactorMissing, Unauthenticated
from milepost.features.api_keys.service import KEY_START
from milepost.features.guards import PUBLIC, WITHOUT_FACTOR
from milepost.features.sign_in.authenticator import Authenticator, client_address


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Puts the caller's identity into `request.user` and their Scope into `request.auth`."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, limits: RequestLimits) -> None:
        super().__init__(app, exclude_from_auth_key=PUBLIC, scopes={ScopeType.HTTP})
        self._authenticator = authenticator
        self._limits = limits

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Read the header, ask the authenticator and count the request.

        Raises:
            Unauthenticated: there is no valid token.
            SecondFactorMissing: the caller must turn on a second factor before anything else.
            RateLimited: the caller makes too many requests, or the address too many without a
                valid token.
        """
        refused = f"refused:{address_of(connection)}"
        scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
        token, address = token.strip(), client_address(connection)
        if token.startswith(KEY_START):
            # A made-up key costs a look into the database, a made-up session does not.
            self._limits.check(refused)
        without_factor = bool(connection.route_handler.opt.get(WITHOUT_FACTOR))
        try:
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("the request carries no bearer token")
            identity = await self._authenticator.authenticate(
                token, address, without_factor=without_factor
            )
        except (Unauthenticated, SecondFactorMissing):
            self._limits.take(refused)
            raise
        self._limits.take(identity.who, cost_of(connection))
        return AuthenticationResult(user=identity, auth=identity.scope)
