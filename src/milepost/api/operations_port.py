"""Health, readiness and metrics on a port and in a thread of their own.

They answer while the web port is full and while the event loop of the server is busy or hangs, and
what they cost is not the loop's.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
import uvloop
from litestar.types import Receive, Send
from prometheus_client import CONTENT_TYPE_LATEST

from milepost.api.client_address import TrustedProxies
from milepost.api.connections import WebLimits
from milepost.api.exposition import Exposition
from milepost.api.loop_watch import LoopWatch
from milepost.api.readiness import PING_TIMEOUT_S, Readiness, ReadinessCheck
from milepost.api.web_server import serving
from milepost.errors import Unavailable

_LIMITS = WebLimits(
    connections=128,
    connections_per_address=128,
    idle_s=30.0,
    head_s=5.0,
    body_s=5.0,
    unread_s=10.0,
)
# The pings have a timeout of their own; this is for a loop that does not come to them.
_LOOP_ANSWERS_WITHIN_S = PING_TIMEOUT_S + 1.0

Answer = tuple[HTTPStatus, str, bytes]


class OperationsApp:
    """The ASGI application of the operations port.

    `loop` is the loop of the server, which readiness has to be asked in. `/healthz` is 503 once
    that loop has not come round for `stall_after_s`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        watch: LoopWatch,
        readiness: ReadinessCheck,
        exposition: Exposition,
        stall_after_s: float,
    ) -> None:
        self._loop = loop
        self._watch = watch
        self._readiness = readiness
        self._exposition = exposition
        self._stall_after_s = stall_after_s
        self._routes: Mapping[str, Callable[[], Awaitable[Answer]]] = MappingProxyType(
            {"/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics}
        )

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request; the lifespan has nothing to do."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _respond(send, *await self._answer(scope["method"], scope["path"]))

    async def _answer(self, method: str, path: str) -> Answer:
        if path not in self._routes:
            return _json(HTTPStatus.NOT_FOUND, {"status": "not found"})
        if method not in ("GET", "HEAD"):
            return _json(HTTPStatus.METHOD_NOT_ALLOWED, {"status": "only GET and HEAD"})
        return await self._routes[path]()

    async def _health(self) -> Answer:
        silent_s = self._watch.silent_s
        hangs = silent_s >= self._stall_after_s
        status = HTTPStatus.SERVICE_UNAVAILABLE if hangs else HTTPStatus.OK
        said = {"status": "hangs" if hangs else "ok", "loopSilentS": round(silent_s, 3)}
        return _json(status, said)

    async def _ready(self) -> Answer:
        asked: Future[Readiness] = asyncio.run_coroutine_threadsafe(
            self._readiness.ask(), self._loop
        )
        try:
            async with asyncio.timeout(_LOOP_ANSWERS_WITHIN_S):
                return _json(HTTPStatus.OK, await asyncio.wrap_future(asked))
        except Unavailable as error:
            return _unavailable(str(error))
        except TimeoutError:
            return _unavailable(f"the event loop has not answered for {self._watch.silent_s:.1f} s")

    async def _metrics(self) -> Answer:
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, self._exposition.text()


class OperationsPort:
    """Serves the application from a thread of its own."""

    def __init__(self, app: OperationsApp, bound: socket.socket) -> None:
        self._app = app
        self._bound = bound
        self._thread = threading.Thread(target=self._run, name="operations", daemon=True)
        self._opened: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def open(self) -> None:
        """Start the thread; returns once it serves."""
        self._thread.start()
        await asyncio.wrap_future(self._opened)

    async def close(self) -> None:
        """End the thread."""
        loop, stop = self._opened.result()
        loop.call_soon_threadsafe(stop.set)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        try:
            async with serving(self._app, self._bound, _LIMITS, TrustedProxies()):
                self._opened.set_result((asyncio.get_running_loop(), stop))
                await stop.wait()
        except BaseException as error:
            if not self._opened.done():
                self._opened.set_exception(error)
            raise


def _json(status: HTTPStatus, body: Any) -> Answer:
    return status, "application/json", msgspec.json.encode(body)


def _unavailable(reason: str) -> Answer:
    return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unavailable", "detail": reason})


async def _respond(send: Send, status: HTTPStatus, media_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", media_type.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _lifespan(receive: Receive, send: Any) -> None:
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
