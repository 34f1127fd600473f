"""The open connections of a web port: how many there may be, and how long each may wait.

A connection waits for its peer (nothing has come, or a request is incomplete), or its peer waits
for us. Whoever makes us wait has a deadline, and is the first to go where the limit is reached.
"""

import asyncio
from collections import OrderedDict
from typing import Literal

import msgspec
import structlog

_log = structlog.get_logger(__name__)

_COMPLAIN_EVERY_S = 10.0
_SWEEP_SLICE = 500

Waiting = Literal["opened", "head", "body", "idle", "farewell"]


class WebLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a web port.

    Many people share an address, so the limit per address is wide.

    Attributes:
        connections: open connections, WebSockets included.
        connections_per_address: those from one address that is no trusted proxy; an IPv6 address
            counts with its /64 network.
        idle_s: how long a connection may wait for its next request.
        head_s: within this time the head of a request has to be complete; for the first request of
            a connection the time starts when the connection is opened.
        body_s: within this time after the head the body has to be complete.
        unread_s: within this time the peer has to take `unread_bytes` of an answer that waits.
        unread_bytes: see there.
        head_bytes: the longest head of a request.
        message_bytes: the longest WebSocket message that is assembled.
    """

    connections: int = 8192
    connections_per_address: int = 1024
    idle_s: float = 75.0
    head_s: float = 20.0
    body_s: float = 60.0
    unread_s: float = 30.0
    unread_bytes: int = 16_384
    head_bytes: int = 65_536
    message_bytes: int = 262_144

    def wait_s(self, waiting: Waiting) -> float:
        """How long the peer may take."""
        seconds = {
            "opened": self.head_s,
            "head": self.head_s,
            "body": self.body_s,
            "idle": self.idle_s,
            "farewell": self.head_s,
        }
        return seconds[waiting]


class Connection:
    """One connection: for what it waits until when, and what its peer has left unread."""

    __slots__ = (
        "_unread_bytes",
        "_unread_since_s",
        "address",
        "deadline_s",
        "paused",
        "transport",
        "waiting",
    )

    def __init__(self, transport: asyncio.Transport, address: str | None) -> None:
        self.transport = transport
        self.address = address
        self.waiting: Waiting | None = None
        self.deadline_s = 0.0
        self.paused = False
        self._unread_bytes: int | None = None
        self._unread_since_s = 0.0

    def resumed(self) -> None:
        """The peer has taken most of what waited."""
        self.paused = False
        self._unread_bytes = None

    def leaves_unread(self, now_s: float, limits: WebLimits) -> bool:
        """Whether the peer has taken too little for too long of an answer that is complete.

        While more is being written the buffer's size says nothing; a writer that had to stop
        (`paused`) writes no more.
        """
        complete = self.paused or self.transport.is_closing() or self.waiting == "idle"
        left = self.transport.get_write_buffer_size() if complete else 0
        if not left:
            self._unread_bytes = None
        elif self._unread_bytes is None or left <= self._unread_bytes - limits.unread_bytes:
            self._unread_bytes, self._unread_since_s = left, now_s
        else:
            return now_s - self._unread_since_s > limits.unread_s
        return False


class Connections:
    """All open connections of one web port."""

    def __init__(self, limits: WebLimits) -> None:
        self.limits = limits
        self._loop = asyncio.get_running_loop()
        self._open: dict[asyncio.Transport, Connection] = {}
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._of_address: dict[str, OrderedDict[Connection, None]] = {}
        self._count_of: dict[str, int] = {}
        self._complained_s = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def open(self, transport: asyncio.Transport, address: str | None) -> Connection | None:
        """A new connection, or None where there is no room and nobody who has to make some.

        `address` is None for a peer that the limit per address does not hold for.
        """
        if len(self._open) >= self.limits.connections and not self._make_room(self._waiting):
            self._complain("all together", address)
            return None
        if address is not None:
            count = self._count_of.get(address, 0)
            if count >= self.limits.connections_per_address:
                if not self._make_room(self._of_address.get(address)):
                    self._complain("of one address", address)
                    return None
                count = self._count_of.get(address, 0)
            self._count_of[address] = count + 1
        connection = self._open[transport] = Connection(transport, address)
        self.wait(connection, "opened")
        return connection

    def of(self, transport: asyncio.Transport) -> Connection | None:
        """The connection of a transport; None once it is closed, or where it was refused."""
        return self._open.get(transport)

    def close(self, transport: asyncio.Transport) -> None:
        """The connection has ended."""
        connection = self._open.pop(transport, None)
        if connection is None:
            return
        self.work(connection)
        address = connection.address
        if address is not None:
            self._count_of[address] -= 1
            if not self._count_of[address]:
                del self._count_of[address]

    def wait(self, connection: Connection, waiting: Waiting) -> None:
        """We wait for the peer from now on; it has a new deadline."""
        if self._open.get(connection.transport) is not connection:
            return
        connection.waiting = waiting
        connection.deadline_s = self._loop.time() + self.limits.wait_s(waiting)
        self._waiting[connection] = None
        self._waiting.move_to_end(connection)
        if connection.address is not None:
            siblings = self._of_address.setdefault(connection.address, OrderedDict())
            siblings[connection] = None
            siblings.move_to_end(connection)

    def work(self, connection: Connection) -> None:
        """The peer waits for us from now on."""
        connection.waiting = None
        self._waiting.pop(connection, None)
        siblings = self._of_address.get(connection.address or "")
        if siblings is not None:
            siblings.pop(connection, None)
            if not siblings:
                del self._of_address[connection.address or ""]

    async def keep_moving(self) -> None:
        """Close until cancelled whoever lets us wait for too long."""
        limits = self.limits
        shortest_s = min(limits.idle_s, limits.head_s, limits.body_s, limits.unread_s)
        while True:
            await asyncio.sleep(min(1.0, shortest_s / 4))
            try:
                await self._sweep()
            except Exception:  # noqa: BLE001 - without it the silent would stay for ever
                _log.exception("web.sweep_failed")

    def abort_all(self) -> None:
        """End every connection at once, whatever its peer has left unread."""
        for connection in list(self._open.values()):
            connection.transport.abort()

    async def _sweep(self) -> None:
        # A copy: connections open and close while this loop lets others run.
        for index, connection in enumerate(list(self._open.values())):
            self._judge(connection, self._loop.time())
            if index % _SWEEP_SLICE == _SWEEP_SLICE - 1:
                await asyncio.sleep(0)

    def _judge(self, connection: Connection, now_s: float) -> None:
        if connection.leaves_unread(now_s, self.limits):
            connection.transport.abort()
        elif connection.waiting is not None and now_s > connection.deadline_s:
            connection.transport.close()

    def _make_room(self, waiting: OrderedDict[Connection, None] | None) -> bool:
        """Close the connection that has been waiting for the longest; whether there was one."""
        if not waiting:
            return False
        oldest = next(iter(waiting))
        oldest.transport.abort()
        self.close(oldest.transport)
        return True

    def _complain(self, limit: str, address: str | None) -> None:
        now_s = self._loop.time()
        if now_s - self._complained_s >= _COMPLAIN_EVERY_S:
            self._complained_s = now_s
            _log.warning("web.too_many_connections", limit=limit, address=address)
