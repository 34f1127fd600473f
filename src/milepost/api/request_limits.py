"""How many requests a caller may make: a token bucket each, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from milepost.errors import RateLimited
from milepost.features.address_key import address_key
from milepost.features.guards import PUBLIC
from milepost.features.request_cost import REQUEST_COST
from milepost.live.rate import TokenBucket

_MAX_CALLERS = 20_000

Connection = ASGIConnection[Any, Any, Any, Any]


class RequestLimits:
    """A bucket of `burst` requests for each caller, refilled with `per_s` a second.

    The callers that were heard of least recently are forgotten first: their buckets have had the
    longest time to fill up again.
    """

    def __init__(
        self,
        per_s: float,
        burst: float,
        clock_s: Callable[[], float],
        max_callers: int = _MAX_CALLERS,
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock_s = clock_s
        self._max_callers = max_callers
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: str, cost: float = 1.0) -> None:
        """Count a request.

        Raises:
            RateLimited: it is one too many.
        """
        now_s = self._clock_s()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = TokenBucket(self._per_s, self._burst, now_s)
            if len(self._buckets) > self._max_callers:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        cost = min(cost, self._burst)
        if not bucket.take(now_s, cost):
            raise RateLimited("requests", max(1.0, bucket.wait_s(cost)))

    def check(self, caller: str) -> None:
        """Look whether the caller may make a request, without counting one.

        Raises:
            RateLimited: the caller may not.
        """
        if caller in self._buckets:
            self.take(caller, 0.0)


def address_of(connection: Connection) -> str:
    """What a caller without a token is known by."""
    return address_key(connection.client.host if connection.client is not None else "")


def cost_of(connection: Connection) -> float:
    """What a request of this route costs; most cost 1."""
    return float(connection.route_handler.opt.get(REQUEST_COST, 1.0))


class PublicRequestLimit(ASGIMiddleware):
    """Counts by address what nobody has to sign in for; the rest is counted by who is signed in."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = limits

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Count the request, then serve it."""
        connection: Connection = ASGIConnection(scope)
        if connection.route_handler.opt.get(PUBLIC) or scope.get("method") == HttpMethod.OPTIONS:
            self._limits.take(f"address:{address_of(connection)}", cost_of(connection))
        await next_app(scope, receive, send)
