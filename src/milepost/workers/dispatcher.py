"""Sends commands: learns of new ones and of devices that have come, and looks by itself as well."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import structlog

from milepost.domain.command_run import CommandChange
from milepost.domain.message import Message
from milepost.errors import MilepostError, Unavailable
from milepost.gateway.presence import Line, Presence
from milepost.workers.command_moves import Heard
from milepost.workers.command_news import CommandNews
from milepost.workers.command_queue import CommandQueue, installation_of
from milepost.workers.command_turn import Situation, Turn, Writing, change_of, take_back
from milepost.workers.shards import Shards
from milepost.workers.supervision import Faults, supervised
from milepost.workers.unit import Installation

log = structlog.get_logger(__name__)

# A device may say anything, and go on while the database is away: the newest are kept.
KEPT_ANSWERS = 20
LOGGED_CHARS = 200


class DispatcherOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How long a device has to answer, and how often the queue is looked at without a cause."""

    answer_within_s: float = 60.0
    look_every_s: float = 5.0


class Case:
    """What is known of a device with open commands, besides what stands in the queue.

    `line` is where the command in flight was written, by this process.
    """

    __slots__ = ("alive", "answers", "held", "line")

    def __init__(self) -> None:
        self.line: Line | None = None
        self.alive = False
        self.held = False
        self.answers: deque[Message] = deque(maxlen=KEPT_ANSWERS)


class Dispatcher:
    """Takes a turn at a device whenever something has happened that may matter to its commands.

    One turn at a time: commands of a device keep their order, and what a device says is weighed
    after what it was told.
    """

    def __init__(
        self,
        queue: CommandQueue,
        presence: Presence,
        shards: Shards,
        news: CommandNews,
        clock_ms: Callable[[], int],
        options: DispatcherOptions,
    ) -> None:
        self._queue = queue
        self._presence = presence
        self._shards = shards
        self._news = news
        self._clock_ms = clock_ms
        self._answer_within = timedelta(seconds=options.answer_within_s)
        self._look_every_s = options.look_every_s
        self._cases: dict[str, Case] = {}
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()

    def changed(self, change: CommandChange) -> None:
        """A request has made a command or taken one back, and that is committed."""
        self._news.tell(change)
        self._follow(change.unique_id)
        self._note(change.unique_id)

    async def look(self) -> None:
        """Find the devices with open commands, whoever made those.

        Raises:
            Unavailable: PostgreSQL does not answer.
        """
        now = self._now()
        for change in await self._queue.expire_unheard(now):
            self._news.tell(change)
        for waiting in await self._queue.waiting():
            is_new = waiting.unique_id not in self._cases
            self._follow(waiting.unique_id)
            reachable = waiting.sent_time is None and self._line(waiting.unique_id) is not None
            if is_new or reachable or waiting.is_due(now, self._answer_within):
                self._note(waiting.unique_id)

    async def run(self) -> None:
        """Take turns until cancelled."""
        loop = asyncio.get_running_loop()
        next_look_s = loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_look_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if loop.time() >= next_look_s:
                    next_look_s = loop.time() + self._look_every_s
                    await self.look()
                await self._take_turns()
            except MilepostError as error:
                log.warning("commands.waiting", error=str(error), devices=len(self._due))
            except Exception:
                log.exception("commands.internal")

    async def _take_turns(self) -> None:
        """A turn at each device that is due now.

        What comes due meanwhile waits for the next round: a device that never stops talking keeps
        nobody else's times from being looked at.
        """
        for unique_id in list(self._due):
            del self._due[unique_id]
            try:
                await self._take_turn(unique_id)
            except Unavailable:
                # Its turn comes again at the next look, or as soon as anything else happens.
                self._due[unique_id] = None
                raise
            except Exception:
                # Its times come up at a look; the others need not wait for that.
                log.exception("commands.internal", device=unique_id)

    async def _take_turn(self, unique_id: str) -> None:
        case = self._follow(unique_id)
        answers = list(case.answers)
        case.answers.clear()
        try:
            async with self._queue.transaction() as connection:
                installation = await installation_of(connection, unique_id)
                if installation is None:
                    self._forget(unique_id)
                    return
                turn = Turn(
                    connection,
                    Situation(
                        installation,
                        self._line(unique_id),
                        self._shards.loaded(installation.key),
                        Heard(unique_id, case.alive, answers),
                        self._clock_ms(),
                        self._answer_within,
                    ),
                )
                await turn.take()
        except BaseException:
            case.answers = deque([*answers, *case.answers], KEPT_ANSWERS)
            raise
        if answers and not turn.matched:
            text = (answers[0].text or "")[:LOGGED_CHARS]
            log.info("commands.answer_to_nothing", device=unique_id, text=text)
        for change in turn.changes:
            self._news.tell(change)
        case.held = turn.held
        if turn.writing is not None:
            await self._write(case, turn.writing, installation)
        elif not turn.open:
            self._forget(unique_id)

    async def _write(self, case: Case, writing: Writing, installation: Installation) -> None:
        """Give a command that is marked as sent to its line."""
        case.line, case.alive = writing.line, False
        case.answers.clear()
        if writing.line.write(writing.data):
            device = installation.device.unique_id
            log.info("commands.sent", device=device, kind=writing.run.kind, id=str(writing.run.id))
            return
        async with self._queue.transaction() as connection:
            run = await take_back(connection, writing, self._now())
        self._news.tell(change_of(run, installation))

    def _signal(self, unique_id: str, case: Case, message: Message | None) -> None:
        """A device that is followed has come, or said something."""
        if message is None or case.held:
            self._note(unique_id)
        if message is None:
            return
        if message.kind == "response":
            case.answers.append(message)
            self._note(unique_id)
        elif not case.alive and case.line is not None and self._is_at(unique_id, case.line):
            case.alive = True
            self._note(unique_id)

    def _is_at(self, unique_id: str, line: Line) -> bool:
        return not line.lasting or self._line(unique_id) is line

    def _line(self, unique_id: str) -> Line | None:
        return self._presence.line(unique_id, asyncio.get_running_loop().time())

    def _follow(self, unique_id: str) -> Case:
        case = self._cases.get(unique_id)
        if case is None:
            case = self._cases[unique_id] = Case()
            self._presence.followed[unique_id] = partial(self._signal, unique_id, case)
        return case

    def _forget(self, unique_id: str) -> None:
        del self._cases[unique_id]
        del self._presence.followed[unique_id]

    def _note(self, unique_id: str) -> None:
        self._due[unique_id] = None
        self._wake.set()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC)


@asynccontextmanager
async def running(dispatcher: Dispatcher, faults: Faults) -> AsyncIterator[Dispatcher]:
    """Follow the devices that have open commands, and send until the end."""
    await dispatcher.look()
    task = supervised(dispatcher.run, "send commands", faults)
    try:
        yield dispatcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
