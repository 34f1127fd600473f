"""Answers go out in the order of the questions, whatever order the store finishes in."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Slot(Generic[Item]):
    """A place in the queue; calling it settles it (it is the store's `on_durable`)."""

    __slots__ = ("_queue", "item", "settled")

    def __init__(self, queue: "InOrder[Item]", item: Item, *, settled: bool) -> None:
        self._queue = queue
        self.item = item
        self.settled = settled

    def __call__(self, error: Exception | None) -> None:
        """Settle the place, or report that its item was not stored."""
        if error is not None:
            self._queue.fail(self.item, error)
            return
        self.settled = True
        self._queue.release()


class InOrder(Generic[Item]):
    """Emits each item once it and all before it are settled; nothing after a failure."""

    __slots__ = ("_emit", "_fail", "_slots", "closed")

    def __init__(
        self, emit: Callable[[Item], None], fail: Callable[[Item, Exception], None]
    ) -> None:
        self._emit = emit
        self._fail = fail
        self._slots: deque[Slot[Item]] = deque()
        self.closed = False

    def __len__(self) -> int:
        return len(self._slots)

    def expect(self, item: Item) -> Slot[Item]:
        """Queue an item that something else settles later."""
        slot = Slot(self, item, settled=False)
        self._slots.append(slot)
        return slot

    def ready(self, item: Item) -> None:
        """An item that needs nothing; it still waits for those before it."""
        if self._slots:
            self._slots.append(Slot(self, item, settled=True))
        elif not self.closed:
            self._emit(item)

    def release(self) -> None:
        """Emit what has become due."""
        slots = self._slots
        while slots and slots[0].settled and not self.closed:
            self._emit(slots.popleft().item)

    def fail(self, item: Item, error: Exception) -> None:
        """An item was not stored: nothing is emitted any more."""
        if not self.closed:
            self.close()
            self._fail(item, error)

    def close(self) -> None:
        """Emit nothing any more; later settlements are ignored."""
        self.closed = True
        self._slots.clear()
