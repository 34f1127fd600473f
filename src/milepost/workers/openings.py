"""Look-ups of devices under way, and whether what they find has been overtaken by an edit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID


class Openings:
    """Counts what is touched (edited, or written down and forgotten) while look-ups are under way.

    A look-up that began before its device was touched may have read what held before.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._count = 0
        self._touched: dict[UUID, int] = {}

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a look-up goes on."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._touched.clear()

    @property
    def now(self) -> int:
        """The place in the order of touches, to be asked before a look-up reads."""
        return self._count

    def touch(self, entity_id: UUID) -> None:
        """A device, vehicle or tenant is no longer what a look-up may have read."""
        if self._under_way:
            self._count += 1
            self._touched[entity_id] = self._count

    def touched_since(self, place: int, entity_ids: Iterable[UUID]) -> bool:
        """Whether one of them was touched after `place`."""
        return any(self._touched.get(each, 0) > place for each in entity_ids)
