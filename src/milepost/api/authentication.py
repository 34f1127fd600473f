"""Who sends a request: the bearer token of the Authorization header."""

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from milepost.errors import Unauthenticated
from milepost.features.sign_in.authenticator import Authenticator

PUBLIC = "public"
"""Routes with this option are open to everyone."""


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Puts the caller's identity into `request.user` and their Scope into `request.auth`."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        super().__init__(app, exclude_from_auth_key=PUBLIC)
        self._authenticator = authenticator

    async def authenticate_request(
        self, connection: ASGIConnection[..., ..., ..., ...]
    ) -> AuthenticationResult:
        """Read the header and ask the authenticator.

        Raises:
            Unauthenticated: there is no valid token.
        """
        scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the request carries no bearer token")
        identity = await self._authenticator.authenticate(token.strip())
        return AuthenticationResult(user=identity, auth=identity.scope)
