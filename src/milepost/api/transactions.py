"""One request, one transaction: begun for the route that asks for `work`, ended before the answer.

The framework closes a generator dependency once the route has been called. If another dependency
refuses the request before that, it forgets the generator, and with it a connection of the pool.
So the transaction is entered on a stack of the request, which the middleware closes in any case.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncConnection

from milepost.api.parts import AppParts
from milepost.features.sign_in.authenticator import Identity, client_address
from milepost.features.work import Work

WorkGenerator = AsyncGenerator[Work, None]
_STACK = "milepost_request_stack"


class RequestStack(ASGIMiddleware):
    """Gives each request a stack of what must be closed at its end."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve the request, then close what it left open."""
        async with AsyncExitStack() as stack:
            scope["state"][_STACK] = stack
            await next_app(scope, receive, send)


def work_provider(parts: AppParts) -> Callable[..., WorkGenerator]:
    """The dependency `work`: committed when the route has returned, rolled back if it raises."""
    return _provider(parts, lambda identity: parts.database.transaction(identity.scope))


def own_work_provider(parts: AppParts) -> Callable[..., WorkGenerator]:
    """The dependency `own_work`: what callers do with their own account, in all its tenants.

    It sees the accounts of everybody, so its services look at the caller's own and at no other.
    """
    return _provider(parts, lambda _: parts.database.identity_transaction())


def _provider(
    parts: AppParts, begin: Callable[[Identity], AbstractAsyncContextManager[AsyncConnection]]
) -> Callable[..., WorkGenerator]:
    async def provide_work(request: Request[Identity, Any, Any]) -> WorkGenerator:
        identity = request.user
        stack: AsyncExitStack = request.scope["state"][_STACK]
        async with stack:
            work = Work(
                connection=await stack.enter_async_context(begin(identity)),
                scope=identity.scope,
                who=identity.who,
                clock=parts.clock,
                make_id=parts.make_id,
                notice=parts.notice,
                session_id=identity.family_id,
                address=client_address(request),
            )
            yield work
        work.announce()

    return provide_work
