"""The processor's entrance in memory: stores to a list, answers after a commit window."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from milepost.domain.device_access import Access
from milepost.domain.position import Position
from milepost.errors import Forbidden, NotFound, Unavailable
from milepost.gateway.intake import Clash

WINDOW_S = 0.01
DEVICE_ID = UUID(int=7)
OnDurable = Callable[[Exception | None], None]


@dataclass(frozen=True)
class MemorySession:
    unique_id: str
    protocol: str
    lenient: bool
    options: dict[str, str] = field(default_factory=dict)
    registered_protocol: str = ""
    device_id: UUID = DEVICE_ID
    keep_frames: bool = False
    access: Access = field(default_factory=Access)
    is_stale: bool = False


@dataclass(frozen=True)
class Stored:
    unique_id: str
    protocol: str
    position: Position
    received_time_ms: int


class MemoryIngest:
    """`hold()` keeps commits back until `commit()`; `failing` makes commits and opens fail."""

    def __init__(self) -> None:
        self.lenient: set[str] = set()
        self.options: dict[str, dict[str, str]] = {}
        self.registered: dict[str, str] = {}
        self.clashes: list[tuple[str, Clash]] = []
        self.access: dict[str, Access] = {}
        self.refusals: list[tuple[str, str]] = []
        self.disabled: set[str] = set()
        self.watched: set[str] = set()
        self.known: set[str] = set()
        self.unknown: list[tuple[str, str]] = []
        self.opened: list[str] = []
        self.stored: list[Stored] = []
        self.failing = False
        self.high_water = 1_000_000
        self._held = False
        self._batch: list[tuple[list[Stored], OnDurable]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._drained: list[Callable[[], None]] = []

    async def open(
        self, unique_id: str, protocol: str, source: str, secret: str | None = None
    ) -> MemorySession:
        await asyncio.sleep(0)
        if self.failing:
            raise Unavailable("the store", "the test switched it off")
        if unique_id in self.disabled:
            raise Forbidden(f"connecting as {unique_id}", "the device to be enabled")
        if unique_id not in self.known:
            self.unknown.append((unique_id, source))
            raise NotFound("device", unique_id)
        self.opened.append(unique_id)
        return MemorySession(
            unique_id,
            protocol,
            unique_id in self.lenient,
            self.options.get(unique_id, {}),
            self.registered.get(unique_id, protocol),
            keep_frames=unique_id in self.watched,
            access=self.access.get(unique_id, Access()),
        )

    def accept(
        self,
        session: MemorySession,
        positions: Sequence[Position],
        received_time_ms: int,
        on_durable: OnDurable,
    ) -> None:
        rows = [
            Stored(session.unique_id, session.protocol, each, received_time_ms)
            for each in positions
        ]
        self._batch.append((rows, on_durable))
        if self._timer is None and not self._held:
            self._timer = asyncio.get_running_loop().call_later(WINDOW_S, self.commit)

    def refused(self, session: MemorySession, reason: str) -> None:
        self.refusals.append((session.unique_id, reason))

    def clash(self, session: MemorySession, clash: Clash) -> None:
        self.clashes.append((session.unique_id, clash))

    @property
    def waiting(self) -> int:
        return sum(len(rows) for rows, _ in self._batch)

    @property
    def saturated(self) -> bool:
        return self.waiting > self.high_water

    def on_drain(self, callback: Callable[[], None]) -> None:
        if self.saturated:
            self._drained.append(callback)
        else:
            callback()

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        self.commit()

    def commit(self) -> None:
        self._timer = None
        batch, self._batch = self._batch, []
        error = Unavailable("the store", "the test switched it off") if self.failing else None
        if error is None:
            self.stored += [row for rows, _ in batch for row in rows]
        for _, on_durable in batch:
            on_durable(error)
        drained, self._drained = self._drained, []
        for callback in drained:
            callback()
