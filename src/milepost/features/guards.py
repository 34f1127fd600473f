"""Guards of the routes: the caller's role must include what the route needs."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from milepost.domain.permission import Permission
from milepost.features.permissions import demand

PUBLIC = "public"
"""Routes with this option set to True are open to everyone."""

WITHOUT_FACTOR = "without_factor"
"""Routes with this option set to True are open to those who must turn on a second factor first."""


def needs(permission: Permission) -> Guard:
    """A guard that lets callers pass whose role includes the permission.

    It raises Forbidden for everyone else; the authentication has put the caller's Scope into
    `connection.auth`.
    """

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        demand(connection.auth, permission)

    return guard
