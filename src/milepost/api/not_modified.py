"""`If-None-Match` (RFC 9110, section 13.1.2): 304 for what the client has already."""

from http import HTTPStatus
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import HttpMethod, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from milepost.errors import AlreadyThere, InvalidInput
from milepost.features.etags import ANY, same_weakly, tags_in

_HEADER = "If-None-Match"
# What tells of a body that a 304 does not have.
_OF_THE_BODY = frozenset({b"content-length", b"content-type", b"content-encoding"})
_CHANGING = frozenset({HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE})


class NotModified(ASGIMiddleware):
    """Answers a GET with 304 if its answer would have one of the entity tags that came."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve the request."""
        came = _came(scope)
        method = scope.get("method")
        if came is not None and method in _CHANGING:
            _refuse(str(method), came)
        if came is None or method != HttpMethod.GET:
            await next_app(scope, receive, send)
        else:
            await next_app(scope, receive, _Unless(tags_in(_HEADER, came), send).send)


def _came(scope: Scope) -> str | None:
    lines = Headers.from_scope(scope).getall(_HEADER, [])
    return ", ".join(lines) if lines else None


def _refuse(method: str, came: str) -> None:
    """What is changed or removed is there: that nothing be there is a condition that fails.

    Raises:
        AlreadyThere: this is the condition.
        InvalidInput: it is another.
    """
    if came.strip() == ANY:
        raise AlreadyThere(method)
    raise InvalidInput(_HEADER, came, f"`*` with {method}; entity tags go into `If-Match`")


class _Unless:
    """Sends what it is given, unless the answer has one of the tags."""

    def __init__(self, tags: list[str], send: Send) -> None:
        self._tags = tags
        self._send = send
        self._is_known = False

    async def send(self, message: Message) -> None:
        """Pass the message on, or 304 in its place."""
        if message["type"] == "http.response.start" and self._knows(message):
            self._is_known = True
            await self._send(_not_modified(message))
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not self._is_known:
            await self._send(message)

    def _knows(self, start: Any) -> bool:
        if start["status"] != HTTPStatus.OK:
            return False
        tag = dict(start["headers"]).get(b"etag", b"").decode("latin-1")
        return ANY in self._tags or any(same_weakly(each, tag) for each in self._tags)


def _not_modified(start: Any) -> Any:
    headers = [pair for pair in start["headers"] if pair[0].lower() not in _OF_THE_BODY]
    return {**start, "status": int(HTTPStatus.NOT_MODIFIED), "headers": headers}
