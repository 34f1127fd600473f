"""The log as a stream of NATS JetStream, for a server whose engines are servers of their own.

The server acknowledges an entry after it has written it to its file. What that survives is the
server's matter: docs/adr/0026 says what a power cut takes. Entries have no checksum of their own.
Each message in a stream's file has one of 64 bits, which the server writes with it and verifies
when it reads it (nats-server, `server/filestore.go`, `writeMsgRecord` and `msgFromBuf`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar

import nats.errors
import structlog
from nats.aio.client import Client, ServerVersion
from nats.js import JetStreamContext
from nats.js.api import PubAck, StreamInfo
from nats.js.errors import APIError, NotFoundError

from milepost.errors import Unavailable, masked
from milepost.stores.log.contract import Entry
from milepost.stores.log.nats_address import NatsAddress
from milepost.stores.log.nats_stream import check_limits, check_stream, stream_settings

# The server answers in a millisecond; a cluster that chooses a leader takes seconds.
ANSWER_WITHIN_S = 5.0
CONNECT_WITHIN_S = 5.0
CLOSE_WITHIN_S = 1.0
# Two pings without an answer end a connection whose server is gone without a word.
PING_EVERY_S = 5
RECONNECT_EVERY_S = 1
# What a message takes in a stream's file besides its subject and its data: 22 bytes of head and 8
# of checksum (nats-server, `server/filestore.go`, `fileStoreMsgSize`).
OVERHEAD_BYTES = 30
# nats-server of before cannot sync a message before it acknowledges it (pull request 4483).
SYNCS_SINCE = (2, 10)

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class JetStreamLog:
    """One stream; the place of an entry is its sequence there.

    A server that was rolled back (it lost its newest entries in a power cut) gives sequences
    again. `_ahead` is by how much places are higher than sequences since then: a place is never
    given twice while this process runs, and a trim takes nothing that is behind its place.

    Nothing waits for a server that is away: an append fails at once, and the connection is
    made again in the background. A server that is there and refuses the sign-in is tried again
    by each append, for `CONNECT_WITHIN_S`.
    """

    def __init__(self, address: NatsAddress, shard: int = 0) -> None:
        self._address = address
        self._name = f"{address.stream_prefix}_{shard}"
        self._client: Client | None = None
        self._is_prepared = False
        self._trouble = "not connected"
        # Done once the connection of the moment is lost.
        self._lost: asyncio.Future[None] | None = None
        self._ahead = 0
        # Appends and trims come to the server in the order in which `_ahead` knows of them.
        self._one_at_a_time = asyncio.Lock()
        self.newest_place = 0
        self.size_bytes = 0

    async def open(self) -> None:
        """Connect; make the stream if it is missing.

        Raises:
            Unavailable: the server does not answer, or has no JetStream.
            InvalidInput: the server or the stream has a setting with which it is no log.
        """
        info = await self._ask(self._info)
        assert self._client is not None
        check_limits(self._client.max_payload, info.config)
        check_stream(info.config)
        self._warn_of_power_cuts(self._client.connected_server_version)

    async def numbers(self) -> list[int]:
        """The shards that have a stream on this server, in order.

        Raises:
            Unavailable: the server does not answer.
        """
        prefix = f"{self._address.stream_prefix}_"
        infos = await self._ask(lambda stream: stream.streams_info())
        ends = [(each.config.name or "").removeprefix(prefix) for each in infos]
        return sorted(int(end) for end in ends if end.isdigit())

    async def append(self, data: bytes) -> int:
        """Append an entry; the server has acknowledged it when this returns. Its place.

        Raises:
            Unavailable: the server refuses it (the stream is full, or the entry larger than
                `max_payload`), or does not answer: then it may have been appended.
        """
        async with self._one_at_a_time:
            acknowledged = (await self._ask(partial(self._publish, data))).seq
            self._ahead = max(self._ahead, self.newest_place + 1 - acknowledged)
            self.newest_place = acknowledged + self._ahead
            self.size_bytes += OVERHEAD_BYTES + len(self._name) + len(data)
            return self.newest_place

    async def read(self) -> AsyncIterator[Entry]:
        """All entries that are not trimmed, from the oldest to the newest of the moment.

        Raises:
            Unavailable: the server does not answer.
        """
        state = (await self._ask(self._info)).state
        sequence = max(1, state.first_seq)
        while sequence <= state.last_seq:
            entry = await self._ask(partial(self._entry_from, sequence))
            if entry is None:
                return
            sequence = entry.place + 1
            yield Entry(entry.place + self._ahead, entry.data)

    async def trim(self, up_to_place: int) -> None:
        """Purge the entries up to a place.

        Raises:
            Unavailable: the server does not answer; they may be there still.
        """
        async with self._one_at_a_time:
            first_kept = up_to_place + 1 - self._ahead
            # A purge up to sequence 0 would be one of everything.
            if first_kept > 1:
                await self._ask(lambda stream: stream.purge_stream(self._name, seq=first_kept))
                self.size_bytes = (await self._ask(self._info)).state.bytes

    async def close(self) -> None:
        """Let go of the connection; a server that does not answer is not waited for."""
        if self._client is None:
            return
        closing = asyncio.create_task(self._client.close())
        await asyncio.wait({closing}, timeout=CLOSE_WITHIN_S)
        closing.cancel()

    def _warn_of_power_cuts(self, version: ServerVersion) -> None:
        if (version.major, version.minor) < SYNCS_SINCE:
            remedy = "nats-server 2.10 or later with `sync_interval: always`"
            _log.warning("log.unsynced", server=self._address.url, remedy=remedy)

    async def _ask(self, act: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        try:
            stream = await self._stream()
            return await self._unless_lost(act(stream))
        except (nats.errors.Error, OSError) as error:
            raise Unavailable("the log", self._reason(error)) from error

    async def _unless_lost(self, answer: Awaitable[T]) -> T:
        """Wait for an answer, but not on after its connection is lost: none would come."""
        if self._lost is None or self._lost.done():
            self._lost = asyncio.get_running_loop().create_future()
        asking = asyncio.ensure_future(answer)
        either: set[asyncio.Future[T] | asyncio.Future[None]] = {asking, self._lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise self._away()
            return asking.result()
        finally:
            asking.cancel()

    async def _stream(self) -> JetStreamContext:
        """JetStream; the stream is there since the connection was made."""
        client = self._client
        if client is None or client.is_closed:
            # nats-py connects again by itself, but gives up where the server refuses to.
            client = await self._connect()
        if not client.is_connected:
            raise self._away()
        stream = client.jetstream(timeout=ANSWER_WITHIN_S)
        if not self._is_prepared:
            await self._prepare(stream)
        return stream

    async def _connect(self) -> Client:
        address = self._address
        has_password = address.password is not None
        self._client = client = Client()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await client.connect(
                    address.url,
                    name="milepost",
                    user=address.user if has_password else None,
                    password=address.password,
                    token=None if has_password else address.user,
                    ping_interval=PING_EVERY_S,
                    reconnect_time_wait=RECONNECT_EVERY_S,
                    max_reconnect_attempts=-1,
                    # What is published while the server is away fails, and does not wait for it.
                    pending_size=0,
                    error_cb=self._note_trouble,
                    disconnected_cb=self._note_disconnected,
                    reconnected_cb=self._note_reconnected,
                )
        except TimeoutError:
            await self.close()
            raise self._away() from None
        return client

    async def _prepare(self, stream: JetStreamContext) -> None:
        """Make the stream if it is missing, and see how far it has come."""
        try:
            info = await self._info(stream)
        except NotFoundError:
            info = await stream.add_stream(stream_settings(self._name))
        self.newest_place = max(self.newest_place, info.state.last_seq + self._ahead)
        self.size_bytes = info.state.bytes
        self._is_prepared = True

    async def _info(self, stream: JetStreamContext) -> StreamInfo:
        return await stream.stream_info(self._name)

    async def _publish(self, data: bytes, stream: JetStreamContext) -> PubAck:
        assert self._client is not None
        most_bytes = self._client.max_payload
        if len(data) > most_bytes:
            reason = f"{len(data)} bytes came, its `max_payload` is {most_bytes}"
            raise Unavailable("the log", f"{self._address.url}: {reason}")
        return await stream.publish(self._name, data)

    async def _entry_from(self, sequence: int, stream: JetStreamContext) -> Entry | None:
        """The first entry at or behind a sequence; its place is its sequence.

        The stream's leader answers this; `direct` would be answered by a replica that may not have
        the newest entries yet.
        """
        try:
            found = await stream.get_msg(self._name, seq=sequence, subject=self._name, next=True)
        except NotFoundError:
            return None
        assert found.seq is not None
        return Entry(found.seq, found.data or b"")

    def _away(self) -> Unavailable:
        return Unavailable("the log", f"{self._address.url}: {self._trouble}")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, APIError):
            return error.description or f"{self._address.url} has no JetStream"
        return str(error) or type(error).__name__

    async def _note_trouble(self, error: Exception) -> None:
        self._trouble = masked(str(error) or type(error).__name__)

    async def _note_disconnected(self) -> None:
        self._is_prepared = False
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        if self._client is not None and not self._client.is_closed:
            _log.warning("log.disconnected", server=self._address.url, reason=self._trouble)

    async def _note_reconnected(self) -> None:
        _log.info("log.reconnected", server=self._address.url)
