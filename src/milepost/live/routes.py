"""The WebSocket route `/ws`."""

from contextlib import suppress
from typing import Any

from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler

from milepost.features.address_key import address_key
from milepost.live.closing import Closing
from milepost.live.service import LiveService

SUBPROTOCOL = "json"
Socket = WebSocket[Any, Any, Any]


class SocketTransport:
    """A Litestar WebSocket as the session's transport."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def receive(self) -> str | bytes | None:
        """The next message; None once the peer has gone."""
        message: dict[str, Any] = dict(await self._socket.receive())
        if message["type"] != "websocket.receive":
            return None
        text: str | None = message.get("text")
        if text is not None:
            return text
        data: bytes = message.get("bytes") or b""
        return data

    async def send(self, text: str) -> None:
        """Send a text message; returns when the peer's window has taken it.

        Raises:
            ConnectionError: the peer has gone.
        """
        try:
            await self._socket.send({"type": "websocket.send", "text": text, "bytes": None})
        except WebSocketDisconnect as error:
            raise ConnectionResetError from error

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame.

        Raises:
            ConnectionError: the peer has gone.
        """
        try:
            await self._socket.close(code, reason)
        except WebSocketDisconnect as error:
            raise ConnectionResetError from error


def live_route(live: LiveService) -> WebsocketRouteHandler:
    """The handler of `/ws`.

    It signs callers in itself, from the subprotocol, because a browser cannot set headers.
    """

    @websocket("/ws", opt={"exclude_from_auth": True})
    async def connect(socket: Socket) -> None:
        offered = socket.scope["subprotocols"]
        address = address_key(socket.client.host if socket.client is not None else "")
        admission = await live.admit(offered, address)
        # Refused connections are accepted first: a browser shows close codes, not HTTP statuses.
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        transport = SocketTransport(socket)
        if isinstance(admission, Closing):
            with suppress(ConnectionError):
                await transport.close(admission.code, admission.reason)
            return
        await live.serve(transport, admission, address)

    return connect
