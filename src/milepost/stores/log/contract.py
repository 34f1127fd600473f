"""What a log of accepted data can do: append durably, be read again, be trimmed."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

# Nothing larger is appended: a NATS server takes messages of 1 MiB, unless it is told otherwise.
MOST_ENTRY_BYTES = 1_000_000


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry as it was appended.

    `place` counts the entries of a log: each entry has a higher one than the entry before it, also
    after a restart and after everything was trimmed.
    """

    place: int
    data: bytes


class Log(Protocol):
    """Entries in the order in which they were appended."""

    @property
    def newest_place(self) -> int:
        """The place of the newest entry that was ever appended; 0 if there was none."""
        ...

    @property
    def size_bytes(self) -> int:
        """What the entries that are not trimmed take."""
        ...

    async def append(self, data: bytes) -> int:
        """Append an entry; it is on the disk when this returns. Its place.

        Raises:
            Unavailable: it was not appended, or nobody can say whether it was.
        """
        ...

    def read(self) -> AsyncIterator[Entry]:
        """All entries that are not trimmed, from the oldest to the newest of the moment.

        Raises:
            Unavailable: they cannot be read.
        """
        ...

    async def trim(self, up_to_place: int) -> None:
        """Entries up to a place are needed no more; they go now or later.

        Raises:
            Unavailable: they could not be removed; they will be read again.
        """
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...
