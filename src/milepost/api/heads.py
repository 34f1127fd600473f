"""HEAD works wherever GET does: it is a GET whose body stays here.

The framework finds the route by the method, before any of its middleware is asked.
"""

import asyncio
from typing import Any

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.types import Message, Scope, Send


class Application(Litestar):
    """The framework's application, which answers HEAD as well."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            await self._head(scope, send)
        else:
            await super().__call__(scope, receive, send)

    async def _head(self, scope: Scope, send: Send) -> None:
        answer = _WithoutBody(send)
        as_get: Any = {**scope, "method": HttpMethod.GET.value}
        await super().__call__(as_get, answer.receive, answer.send)


class _WithoutBody:
    """Passes on the status and the headers; what is streamed ends after the first piece.

    Whoever streams stops when the client is gone, so that is what it is told.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._answered = asyncio.Event()
        self._asked = False

    async def receive(self) -> Any:
        """An empty body, then, once the answer is given, the end of the connection."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """The start of the answer as it is, the first piece of its body as the empty end."""
        if self._answered.is_set():
            return
        if message["type"] == "http.response.body":
            self._answered.set()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)
