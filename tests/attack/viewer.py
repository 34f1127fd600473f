"""Viewers over the WebSocket: how old is what they see, and when does their connection end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.system.server import Server, milliseconds

OPEN_WITHIN_S = 30.0
AGAIN_AFTER_S = 1.0


@asynccontextmanager
async def live(server: Server, token: str) -> AsyncIterator[websockets.ClientConnection]:
    offered = [websockets.Subprotocol("json"), websockets.Subprotocol(f"Bearer.{token}")]
    async with websockets.connect(
        f"ws://127.0.0.1:{server.port}/ws",
        subprotocols=offered,
        proxy=None,
        max_size=None,
        open_timeout=OPEN_WITHIN_S,
    ) as socket:
        yield socket


async def subscribe(socket: websockets.ClientConnection, channel: str) -> None:
    request = {"type": "subscribe", "requestId": "1", "data": {"channel": channel}}
    await socket.send(json.dumps(request))


class Viewer:
    """Watches the whole fleet until its connection ends or it is told to stop."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._token = token
        self.ages_ms: list[float] = []
        self.heard_s = 0.0
        self.closed_s = 0.0
        self.closed: int | None = None
        self.watching = asyncio.Event()

    async def watch_on(self) -> None:
        """Come back whenever the connection ends."""
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                await self.run()
            await asyncio.sleep(AGAIN_AFTER_S)

    async def run(self) -> None:
        """Until the connection ends."""
        async with live(self._server, self._token) as socket:
            await subscribe(socket, "fleet:all")
            try:
                async for text in socket:
                    message = json.loads(text)
                    if message["type"] == "ping":
                        await socket.send('{"type":"pong"}')
                    self._hear(message)
            except ConnectionClosed:
                pass
            self.closed_s = time.monotonic()
            self.closed = socket.close_code

    def _hear(self, message: dict[str, Any]) -> None:
        self.heard_s = time.monotonic()
        if message["type"] == "initial_data":
            self.watching.set()
        now_ms = time.time() * 1000
        for each in message.get("messages", [message]):
            received = each.get("data", {}).get("receivedTime")
            if each.get("event", "").endswith("telemetry_update") and received:
                # From the moment at which the server had it: the tracks are of the past.
                self.ages_ms.append(now_ms - milliseconds(received))
