"""The live route alone, on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import websockets
from litestar import Litestar

from milepost.api.client_address import TrustedProxies
from milepost.api.connections import WebLimits
from milepost.api.web_server import listening_socket, serving
from milepost.domain.revocation import Credential
from milepost.domain.scope import Scope
from milepost.errors import Unauthenticated
from milepost.live.hub import Hub, HubOptions
from milepost.live.options import LiveOptions
from milepost.live.routes import live_route
from milepost.live.service import Caller, LiveService
from tests.free_ports import free_port
from tests.live.fleet import MemoryDirectory

Client = websockets.ClientConnection


class World:
    """A running hub and its server; tokens are the keys of `scopes`."""

    def __init__(self, hub: Hub, directory: MemoryDirectory, port: int) -> None:
        self.hub = hub
        self.directory = directory
        self.port = port
        self.scopes: dict[str, Scope] = {}
        self.lifetimes_s: dict[str, float] = {}
        self.credentials: dict[str, Credential] = {}

    async def authenticate(self, token: str, _address: str) -> Caller:
        if token not in self.scopes:
            raise Unauthenticated("the token is not known")
        scope = self.scopes[token]
        credential = self.credentials.get(token, Credential(user_id=scope.user_id))
        return Caller(scope, self.lifetimes_s.get(token), credential)

    def connect(self, token: str | None, **options: Any) -> websockets.connect:
        offered = ["json"] if token is None else ["json", f"Bearer.{token}"]
        url = f"ws://127.0.0.1:{self.port}/ws"
        return websockets.connect(url, subprotocols=offered, proxy=None, **options)


@asynccontextmanager
async def running(
    live_options: LiveOptions | None = None, hub_options: HubOptions | None = None
) -> AsyncIterator[World]:
    loop = asyncio.get_running_loop()
    hub = Hub(loop.time, hub_options)
    world = World(hub, MemoryDirectory(), free_port())
    live = LiveService(hub, world.directory, world.authenticate, uuid4, live_options)
    bound = listening_socket("127.0.0.1", world.port, "web port")
    app = Litestar([live_route(live)])
    async with serving(app, bound, WebLimits(), TrustedProxies()):
        flushing = asyncio.create_task(hub.run())
        try:
            yield world
        finally:
            hub.close()
            await asyncio.sleep(0.05)
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)


async def receive(client: Client) -> dict[str, Any]:
    """The next message that is not a ping."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), 10))
        if message["type"] != "ping":
            return message


async def ask(client: Client, kind: str, request_id: str = "1", **data: Any) -> dict[str, Any]:
    """Send a request and return its first answer."""
    await client.send(json.dumps({"type": kind, "requestId": request_id, "data": data}))
    while True:
        message = await receive(client)
        if message.get("requestId") == request_id:
            return message


async def subscribe(client: Client, channel: str, **data: Any) -> tuple[Any, Any]:
    """The data of the acknowledgement and of the snapshot."""
    ack = await ask(client, "subscribe", channel, channel=channel, **data)
    assert ack["type"] == "subscription_ack", ack
    initial = await receive(client)
    assert initial["type"] == "initial_data", initial
    return ack["data"], initial["data"]


async def events(client: Client, count: int) -> list[dict[str, Any]]:
    """The next `count` events, out of as many batches as it takes."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = await receive(client)
        assert message["type"] == "batch", message
        found += message["messages"]
    return found
