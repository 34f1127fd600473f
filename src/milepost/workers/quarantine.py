"""Units whose conclusions cannot be written: put aside, so that everybody else goes on."""

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
import structlog

from milepost.workers.unit import UnitKey

log = structlog.get_logger(__name__)

FIRST_PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000
LONGEST_REASON = 500


class SetAside(msgspec.Struct, frozen=True):
    """A unit in quarantine, as it is stored.

    Everything of it that was received at or after `received_since_ms` is stored as positions and
    is in no checkpoint. `since_ms`: when it was put aside; `retry_ms`: when it is tried again.
    """

    key: UnitKey
    tenant_id: UUID
    reason: str
    received_since_ms: int
    since_ms: int
    tries: int
    retry_ms: int


class Quarantine:
    """What is in quarantine, by unit.

    `unsaved` holds what PostgreSQL does not know yet: until it does, these units hold back the
    checkpoint as any other that is not written. `retrying`: units that are folded again now.
    """

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms
        self._entries: dict[UnitKey, SetAside] = {}
        self.unsaved: set[UnitKey] = set()
        self.retrying: set[UnitKey] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: UnitKey) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[SetAside]:
        return iter(list(self._entries.values()))

    def is_saved(self, key: UnitKey) -> bool:
        """Whether a restart would find it here."""
        return key in self._entries and key not in self.unsaved

    def put(self, key: UnitKey, tenant_id: UUID, reason: str, received_since_ms: int) -> None:
        """Put a unit aside; one that is here already failed once more."""
        known, now_ms = self._entries.get(key), self._clock_ms()
        tries = 1 if known is None else known.tries + 1
        pause_ms = min(FIRST_PAUSE_MS * 2 ** min(tries - 1, 10), LONGEST_PAUSE_MS)
        entry = SetAside(
            key=key,
            tenant_id=tenant_id,
            reason=_storable(reason),
            received_since_ms=received_since_ms
            if known is None
            else min(received_since_ms, known.received_since_ms),
            since_ms=now_ms if known is None else known.since_ms,
            tries=tries,
            retry_ms=now_ms + pause_ms,
        )
        self._entries[key] = entry
        self.unsaved.add(key)
        self.retrying.discard(key)
        log.error(
            "flush.quarantined",
            device_id=str(key[0]),
            vehicle_id=str(key[1]),
            tenant_id=str(tenant_id),
            reason=entry.reason,
            tries=tries,
        )

    def restore(self, entry: SetAside) -> None:
        """It was here before a restart; a start is a reason to try it again."""
        self._entries[entry.key] = entry
        self.retrying.add(entry.key)

    def release(self, key: UnitKey) -> None:
        """Its conclusions are written."""
        entry = self._entries.pop(key, None)
        self.unsaved.discard(key)
        self.retrying.discard(key)
        if entry is not None:
            log.info("flush.released", device_id=str(key[0]), tries=entry.tries)


def _storable(reason: str) -> str:
    """Whatever an exception quotes, PostgreSQL takes it."""
    text = reason.replace("\0", "")[:LONGEST_REASON]
    return text.encode(errors="backslashreplace").decode()


def reason_of(error: Exception) -> str:
    """What went wrong in words; of an error of SQL only what the engine said."""
    said = getattr(error, "orig", None) or error
    return f"{type(said).__name__}: {said}"
