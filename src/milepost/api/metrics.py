"""How many requests there were, and how long they took, by route."""

import time

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Histogram

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class RequestMetrics(ASGIMiddleware):
    """Observes every request by the template of its path: ids would make endless series."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "milepost_http_request_seconds",
            "Time from a request's arrival to the end of its answer.",
            ["method", "path", "status"],
            buckets=_BUCKETS_S,
            registry=registry,
        )

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve the request and observe how long that took."""
        status = "500"

        async def observing_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        start_s = time.perf_counter()
        try:
            await next_app(scope, receive, observing_send)
        finally:
            path = str(scope.get("path_template") or "unknown")
            method = str(scope.get("method", ""))
            self._seconds.labels(method, path, status).observe(time.perf_counter() - start_s)
