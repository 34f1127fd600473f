"""OPTIONS: which methods a path has.

The framework's own answer names the methods of the route that was registered first, and asks the
guards of a router before that, without a caller.
"""

from collections.abc import Iterable
from http import HTTPStatus

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send


class AllowedMethods(ASGIMiddleware):
    """Answers OPTIONS from the application's routes."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer OPTIONS; let other methods through."""
        if scope.get("method") != HttpMethod.OPTIONS:
            await next_app(scope, receive, send)
            return
        allowed = _methods(scope["litestar_app"], scope["path_template"])
        response = ASGIResponse(
            headers={"Allow": ", ".join(sorted(allowed))}, status_code=HTTPStatus.NO_CONTENT
        )
        await response(scope, receive, send)


def with_head(methods: Iterable[str]) -> set[str]:
    """The methods, and HEAD where GET is among them: `heads.py` answers it."""
    named = set(methods)
    return named | {HttpMethod.HEAD.value} if HttpMethod.GET in named else named


def _methods(app: Litestar, path_template: str) -> set[str]:
    return with_head(
        str(method)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format == path_template
        for method in route.methods
    )
