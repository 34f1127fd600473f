"""The log as files in the data folder, for a server with the engines in its own process."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import structlog

from milepost.errors import Unavailable
from milepost.stores.folder_rights import fsync_folder
from milepost.stores.log.contract import Entry
from milepost.stores.log.frames import read_frames, to_frame

_SUFFIX = ".segment"
# A start reads at most this much that was trimmed already.
SEGMENT_BYTES = 4 * 1024 * 1024

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class SegmentLog:
    """A folder of segments; each is named after the place of its first entry.

    One thread writes. A start never appends to a segment of before: what a crash has torn stays as
    it is and is read up to there. A segment into which a write has failed is left, too. What it
    holds from the first place of the segment after it on was refused, and is not read.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._thread = ThreadPoolExecutor(1, "log")
        self._sizes: dict[int, int] = {}
        self._file: int | None = None
        self._current = 0
        self.newest_place = 0

    @property
    def size_bytes(self) -> int:
        """What the segments take that are not trimmed."""
        return sum(self._sizes.values())

    async def open(self) -> None:
        """Look at what is there.

        Raises:
            Unavailable: the folder cannot be made or read.
        """
        await self._run(self._open)

    async def append(self, data: bytes) -> int:
        """Append an entry; it is on the disk when this returns. Its place.

        Raises:
            Unavailable: it was not appended.
        """
        return await self._run(self._append, data)

    async def read(self) -> AsyncIterator[Entry]:
        """All entries that are not trimmed, from the oldest to the newest.

        Raises:
            Unavailable: they cannot be read.
        """
        for first, following in pairwise([*sorted(self._sizes), self.newest_place + 1]):
            for entry in await self._run(self._entries, first):
                if entry.place < following:
                    yield entry

    async def trim(self, up_to_place: int) -> None:
        """Remove the segments that hold nothing behind a place.

        Raises:
            Unavailable: one cannot be removed.
        """
        await self._run(self._trim, up_to_place)

    async def close(self) -> None:
        """Close the segment that is written."""
        await self._run(self._leave)
        self._thread.shutdown()

    async def _run(self, act: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, act, *args)
        except OSError as error:
            raise Unavailable("the log", str(error.strerror or error)) from error

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.glob("*" + _SUFFIX):
            self._sizes[int(path.stem)] = path.stat().st_size
        if self._sizes:
            newest = max(self._sizes)
            entries = self._entries(newest)
            self.newest_place = entries[-1].place if entries else newest - 1

    def _append(self, data: bytes) -> int:
        place = self.newest_place + 1
        frame = to_frame(place, data)
        if self._file is not None and self._sizes[self._current] >= self._segment_bytes:
            self._leave()
        if self._file is None:
            self._begin(place)
        assert self._file is not None
        try:
            _write_all(self._file, frame)
            os.fdatasync(self._file)
        except OSError:
            self._leave_spoiled()
            raise
        self._sizes[self._current] += len(frame)
        self.newest_place = place
        return place

    def _begin(self, first_place: int) -> None:
        """Make the segment that begins with a place; one whose writes all failed is begun anew."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._file = os.open(self._path(first_place), flags, 0o600)
        self._current, self._sizes[first_place] = first_place, 0
        fsync_folder(self._folder)

    def _leave(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _leave_spoiled(self) -> None:
        """Cut off what was refused, so that less is read again; where that fails it is ignored."""
        assert self._file is not None
        with suppress(OSError):
            os.ftruncate(self._file, self._sizes[self._current])
        self._leave()

    def _entries(self, first_place: int) -> list[Entry]:
        content = self._path(first_place).read_bytes()
        found = list(read_frames(content))
        end = found[-1][1] if found else 0
        if end < len(content):
            _log.warning("log.torn", segment=first_place, at=end, cut_bytes=len(content) - end)
        return [entry for entry, _ in found]

    def _trim(self, up_to_place: int) -> None:
        if up_to_place >= self.newest_place and any(self._sizes.values()):
            # An empty segment tells the next start how far places have come.
            self._leave()
            self._begin(self.newest_place + 1)
        firsts = sorted(self._sizes)
        for first, following in pairwise(firsts):
            if following <= up_to_place + 1:
                self._remove(first)

    def _remove(self, first_place: int) -> None:
        self._path(first_place).unlink(missing_ok=True)
        del self._sizes[first_place]

    def _path(self, first_place: int) -> Path:
        return self._folder / f"{first_place:020d}{_SUFFIX}"


async def open_segments(
    stack: AsyncExitStack, folder: Path, count: int
) -> tuple[list[SegmentLog], list[SegmentLog]]:
    """The logs of `count` shards, and those that a start with more shards has left.

    Raises:
        Unavailable: one cannot be made or read.
    """
    own = [folder / str(number) for number in range(count)]
    opened = []
    for path in (*own, *await asyncio.to_thread(_others, folder, own)):
        entries = SegmentLog(path)
        await entries.open()
        stack.push_async_callback(entries.close)
        opened.append(entries)
    return opened[:count], opened[count:]


def _others(folder: Path, own: list[Path]) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir() and path not in own)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
