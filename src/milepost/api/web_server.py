"""Serves an ASGI application on a socket, in the event loop that is running."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import uvicorn

from milepost.api.client_address import ClientAddress, TrustedProxies
from milepost.api.connections import Connections, WebLimits
from milepost.api.http_protocols import LimitedHttp, LimitedWebSocket
from milepost.errors import PortNotOpened

_BACKLOG = 4096
_FINISH_ANSWERS_WITHIN_S = 5


class _EmbeddedServer(uvicorn.Server):
    """uvicorn in a process that has signal handlers of its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the sockets, then say so."""
        await super().startup(sockets)
        self.listens.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def listening_socket(host: str, port: int, what: str) -> socket.socket:
    """A TCP socket that is bound; `what` names the port in the error.

    Raises:
        PortNotOpened: the address is not ours, or the port is taken.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, number)
    except OSError as error:
        raise PortNotOpened(f"{what} {port} on {host}", str(error.strerror)) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise PortNotOpened(f"{what} {port} on {host}", str(error.strerror)) from error
    return bound


@asynccontextmanager
async def serving(
    app: Any, bound: socket.socket, limits: WebLimits, proxies: TrustedProxies
) -> AsyncIterator[Connections]:
    """Serve the ASGI application until the block ends; answers under way get 5 s then.

    The WebSocket protocol sends no pings and does not compress: the live protocol has a heartbeat,
    and one text is made for many viewers.
    """
    connections = Connections(limits)
    http: Any = partial(LimitedHttp, connections, proxies)
    websocket: Any = partial(LimitedWebSocket, connections)
    config = uvicorn.Config(
        ClientAddress(app, proxies),
        http=http,
        ws=websocket,
        ws_max_size=limits.message_bytes,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        # What strangers send is not worth a line each.
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=max(1, round(limits.idle_s)),
        timeout_graceful_shutdown=_FINISH_ANSWERS_WITHIN_S,
    )
    server = _EmbeddedServer(config)
    running = asyncio.create_task(server.serve([bound]))
    moving = asyncio.create_task(connections.keep_moving())
    try:
        await _first(running, server.listens)
        yield connections
    finally:
        server.should_exit = True
        await running
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        connections.abort_all()


async def _first(running: "asyncio.Task[None]", listens: asyncio.Event) -> None:
    """Wait until the server listens, or has ended before."""
    listening = asyncio.create_task(listens.wait())
    await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    if running.done():
        running.result()
