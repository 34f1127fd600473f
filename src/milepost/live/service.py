"""Lets connections in: the token, the limit per address, then the session."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import structlog

from milepost.domain.revocation import Credential
from milepost.domain.scope import Scope
from milepost.errors import Forbidden, Unauthenticated, Unavailable
from milepost.live.answering import Answering
from milepost.live.closing import (
    EXPIRED,
    SIGN_IN,
    TOO_MANY_CONNECTIONS,
    UNAVAILABLE,
    Closing,
)
from milepost.live.hub import Hub
from milepost.live.messages import ConnectionAck, message_json
from milepost.live.options import LiveOptions
from milepost.live.permissions import Directory
from milepost.live.session import Bell, Session, Transport
from milepost.live.state_json import iso_time

_log = structlog.get_logger(__name__)
_TOKEN_PREFIXES = ("Bearer ", "Bearer.")


class Caller(msgspec.Struct, frozen=True):
    """Who a token speaks for, by what, and for how many seconds more; None: until it is revoked."""

    scope: Scope
    expires_in_s: float | None
    credential: Credential


class Admission(msgspec.Struct, frozen=True):
    """A caller who may connect; `asked_s` is when, by the hub's time, the token was looked at."""

    caller: Caller
    asked_s: float


Authenticate = Callable[[str, str], Awaitable[Caller]]
"""Who a token speaks for; the second text is the address that it came from."""


def token_of(subprotocols: Sequence[str]) -> str | None:
    """The token among the offered subprotocols: `Bearer <token>` or `Bearer.<token>`.

    A browser allows no space in a subprotocol, hence the second form.
    """
    for offered in subprotocols:
        for prefix in _TOKEN_PREFIXES:
            if offered.startswith(prefix):
                return offered.removeprefix(prefix).strip() or None
    return None


class LiveService:
    """Everything a WebSocket route needs. One for the process."""

    def __init__(
        self,
        hub: Hub,
        directory: Directory,
        authenticate: Authenticate,
        make_id: Callable[[], UUID],
        options: LiveOptions | None = None,
    ) -> None:
        self._hub = hub
        self._directory = directory
        self._authenticate = authenticate
        self._make_id = make_id
        self._options = options or LiveOptions()
        self._connections: Counter[str] = Counter()

    async def admit(self, subprotocols: Sequence[str], address: str) -> Admission | Closing:
        """The caller, or why there is no connection."""
        asked_s = self._hub.now_s
        if self._connections[address] >= self._options.max_connections_per_address:
            return TOO_MANY_CONNECTIONS
        token = token_of(subprotocols)
        if token is None:
            return SIGN_IN
        try:
            return Admission(await self._authenticate(token, address), asked_s)
        except (Unauthenticated, Forbidden) as error:
            return Closing(SIGN_IN.code, str(error))
        except Unavailable:
            return UNAVAILABLE

    async def serve(self, transport: Transport, admission: Admission, address: str) -> None:
        """Serve an accepted connection to its end."""
        caller = admission.caller
        self._connections[address] += 1
        bell = Bell(asyncio.Event(), asyncio.Event())
        viewer = self._hub.open(
            caller.scope.tenant_id,
            caller.credential,
            bell.ready.set,
            bell.ended.set,
            admission.asked_s,
        )
        try:
            expiry = _expire(viewer.close, caller.expires_in_s)
            client_id = self._make_id()
            viewer.reply(self._greeting(client_id))
            answering = Answering(
                caller.scope,
                viewer,
                self._hub,
                self._directory,
                self._options.clock_ms,
                self._options.max_subscriptions,
            )
            closing = await Session(transport, viewer, bell, answering, self._options).run()
            _log.info("live_connection_ended", client_id=str(client_id), code=closing.code)
            if expiry is not None:
                expiry.cancel()
        finally:
            self._hub.leave(viewer)
            self._release(address)

    def _release(self, address: str) -> None:
        self._connections[address] -= 1
        if not self._connections[address]:
            del self._connections[address]

    def _greeting(self, client_id: UUID) -> str:
        options = self._options
        data = ConnectionAck(
            client_id=str(client_id),
            server_time=iso_time(options.clock_ms()),
            max_payload_size=options.limits.max_payload_bytes,
            heartbeat_interval=int(options.heartbeat_s * 1000),
        )
        return message_json("connection_ack", data)


def _expire(
    close: Callable[[Closing], None], expires_in_s: float | None
) -> asyncio.TimerHandle | None:
    if expires_in_s is None:
        return None
    return asyncio.get_running_loop().call_later(max(expires_in_s, 0.0), close, EXPIRED)
