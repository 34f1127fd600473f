"""uvicorn's HTTP and WebSocket protocols, with their connections counted and timed."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from milepost.api.client_address import TrustedProxies
from milepost.api.connections import Connection, Connections
from milepost.features.address_key import address_key


def _refusal(status: str) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


_SUBPROTOCOLS = b"sec-websocket-protocol"
_TOKEN_FORMS = (b"Bearer ", b"Bearer.")
_FULL = _refusal("503 Service Unavailable")
_HEAD_TOO_LONG = _refusal("431 Request Header Fields Too Large")


class LimitedHttp(HttpToolsProtocol):
    """HTTP/1.1. A request counts as received once its body is complete."""

    def __init__(
        self,
        connections: Connections,
        proxies: TrustedProxies,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connections
        self._proxies = proxies
        self._connection: Connection | None = None
        self._head_bytes = 0
        self._in_body = False

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        address = None if self._proxies.trusts(host) else address_key(host)
        self._connection = self._connections.open(transport, address)
        if self._connection is None:
            transport.write(_FULL)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._connections.close(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes of one request or several."""
        connection = self._connection
        if connection is None or self.transport.is_closing():
            return
        if connection.waiting in ("opened", "idle"):
            # The first request's time started when the connection was opened.
            deadline_s = connection.deadline_s if connection.waiting == "opened" else None
            self._connections.wait(connection, "head")
            connection.deadline_s = deadline_s or connection.deadline_s
        super().data_received(data)
        if connection.waiting == "head":
            self._head_bytes += len(data)
            if self._head_bytes > self._connections.limits.head_bytes:
                self.transport.write(_HEAD_TOO_LONG)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_bytes = 0
        self._in_body = False
        # Of the requests that come together, the first is still being answered.
        if self._connection is not None and self._connection.waiting is None:
            self._connections.wait(self._connection, "head")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. Fields after the body are thrown away: nobody asks for them."""
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete: the route is called."""
        super().on_headers_complete()
        self._in_body = True
        if self._connection is not None:
            self._connections.wait(self._connection, "body")

    def on_message_complete(self) -> None:
        """The request is complete."""
        super().on_message_complete()
        connection = self._connection
        if connection is None:
            return
        if self.cycle is not None and self.cycle.response_complete and not self.pipeline:
            self._connections.wait(connection, "idle")
        else:
            self._connections.work(connection)

    def on_response_complete(self) -> None:
        """The answer has been handed to the kernel, or waits for the peer to read."""
        super().on_response_complete()
        connection = self._connection
        if connection is not None and connection.waiting is None and self._is_idle():
            self._connections.wait(connection, "idle")

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on, with the token in the form that the WebSocket library parses.

        A subprotocol has no spaces (RFC 6455, section 4.1), and clients that are no browsers may
        send `Bearer <token>` all the same. The live route takes `Bearer.<token>` as well.
        """
        headers: list[tuple[bytes, bytes]] = self.scope["headers"]  # type: ignore[assignment]
        headers[:] = [
            (name, value.replace(*_TOKEN_FORMS) if name == _SUBPROTOCOLS else value)
            for name, value in headers
        ]
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """The peer does not read as fast as we write."""
        super().pause_writing()
        if self._connection is not None:
            self._connection.paused = True

    def resume_writing(self) -> None:
        """The peer has read most of what waited."""
        super().resume_writing()
        if self._connection is not None:
            self._connection.resumed()

    def _is_idle(self) -> bool:
        """Whether no other request of this connection is under way."""
        return self.cycle is None or self.cycle.response_complete


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket; it goes on with the connection that asked for the upgrade."""

    def __init__(
        self,
        connections: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connections
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a connection. The live protocol has a heartbeat and limits of its own."""
        super().connection_made(transport)
        self._connection = self._connections.of(self.transport)
        if self._connection is not None:
            self._connections.work(self._connection)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._connections.close(self.transport)
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send for the application. Once it has closed, the peer has to answer that."""
        await super().send(message)
        if message["type"] == "websocket.close" and self._connection is not None:
            self._connections.wait(self._connection, "farewell")

    def data_received(self, data: bytes) -> None:
        """Some bytes of the peer. Pings are answered at once: who does not read sends no more."""
        super().data_received(data)
        if self._connection is not None and self._connection.paused:
            self._stop_reading()

    def pause_writing(self) -> None:
        """The peer does not read as fast as we write."""
        super().pause_writing()
        if self._connection is not None:
            self._connection.paused = True
        self._stop_reading()

    def resume_writing(self) -> None:
        """The peer has read most of what waited."""
        super().resume_writing()
        if self._connection is not None:
            self._connection.resumed()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _stop_reading(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()
