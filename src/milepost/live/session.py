"""One connection from its first frame to its last, over any transport."""

import asyncio
from typing import Protocol

import msgspec
import structlog

from milepost.live.answering import Answering
from milepost.live.closing import (
    GONE,
    HEARTBEAT_MISSED,
    INTERNAL_ERROR,
    SIGN_IN,
    TOO_SLOW,
    Closing,
)
from milepost.live.messages import Beat, message_json
from milepost.live.options import LiveOptions
from milepost.live.protocol import Conversation, Refusal
from milepost.live.state_json import iso_time
from milepost.live.viewer import Viewer

_log = structlog.get_logger(__name__)
_MAX_WAITING_REPLIES = 16
_FAREWELL_S = 1.0


class Transport(Protocol):
    """An accepted WebSocket."""

    async def receive(self) -> str | bytes | None:
        """The next message; None once the peer has gone."""
        ...

    async def send(self, text: str) -> None:
        """Send a text message; returns when the peer's window has taken it.

        Raises:
            ConnectionError: the peer has gone.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame."""
        ...


class Bell(msgspec.Struct, frozen=True):
    """`ready`: there is something to take. `ended`: the connection is to end now."""

    ready: asyncio.Event
    ended: asyncio.Event


class Session:
    """Reads, answers, writes and keeps one connection alive until one of these ends it."""

    def __init__(
        self,
        transport: Transport,
        viewer: Viewer,
        bell: Bell,
        answering: Answering,
        options: LiveOptions,
    ) -> None:
        self._transport = transport
        self._viewer = viewer
        self._bell = bell
        self._answering = answering
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._last_heard_s = self._loop.time()
        self._sent = asyncio.Event()

    async def run(self) -> Closing:
        """Serve until the connection ends; says why it did."""
        tasks = [
            asyncio.create_task(part)
            for part in (self._read(), self._write(), self._keep_alive(), self._hear_end())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        reasons = [_reason(task) for task in done]
        closing = GONE if GONE in reasons else reasons[0]
        if closing is not GONE:
            await self._say_farewell(closing)
        return closing

    async def _read(self) -> Closing:
        conversation = Conversation(self._options.limits, self._loop.time())
        while True:
            frame = await self._transport.receive()
            if frame is None:
                return GONE
            self._last_heard_s = now_s = self._loop.time()
            request = conversation.receive(frame, now_s)
            if isinstance(request, Refusal):
                self._viewer.reply(request.to_json())
                if request.closing is not None:
                    return request.closing
            else:
                await self._answering.answer(request)
            await self._replies_are_read()

    async def _replies_are_read(self) -> None:
        """Whoever asks faster than they read is not listened to meanwhile."""
        while self._viewer.reply_count > _MAX_WAITING_REPLIES:
            self._sent.clear()
            await self._sent.wait()

    async def _write(self) -> Closing:
        viewer = self._viewer
        while True:
            if viewer.needs_recheck:
                viewer.needs_recheck = False
                await self._answering.recheck()
            frame = viewer.take()
            if frame is None:
                await self._more_to_send()
                continue
            try:
                async with asyncio.timeout(self._options.send_timeout_s):
                    await self._transport.send(frame)
            except TimeoutError:
                return TOO_SLOW
            self._sent.set()

    async def _hear_end(self) -> Closing:
        """The hub ends the connection at once, even while a peer does not read."""
        await self._bell.ended.wait()
        return self._viewer.closing or GONE

    async def _more_to_send(self) -> None:
        """Wait for news, or let others run where a long list has been looked at in part."""
        if self._viewer.waits:
            await asyncio.sleep(0)
            return
        await self._bell.ready.wait()
        self._bell.ready.clear()

    async def _keep_alive(self) -> Closing:
        while True:
            await asyncio.sleep(self._options.heartbeat_s)
            if self._loop.time() - self._last_heard_s > self._options.idle_timeout_s:
                return HEARTBEAT_MISSED
            now = iso_time(self._options.clock_ms())
            self._viewer.reply(message_json("ping", Beat(timestamp=now, server_time=now)))

    async def _say_farewell(self, closing: Closing) -> None:
        """The replies that still wait, then the close frame; a stuck peer gets neither.

        Who is no longer let in gets no reply any more: it may hold what they may not see now.
        """
        silent = closing is TOO_SLOW or closing.code == SIGN_IN.code
        try:
            async with asyncio.timeout(_FAREWELL_S):
                while self._viewer.reply_count and not silent:
                    await self._transport.send(self._viewer.take() or "")
                await self._transport.close(closing.code, closing.reason)
        except (TimeoutError, ConnectionError):
            _log.info("live_viewer_did_not_hear_why", code=closing.code)


def _reason(task: asyncio.Task[Closing]) -> Closing:
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, ConnectionError):
        return GONE
    _log.error("live_connection_failed", exc_info=error)
    return INTERNAL_ERROR
