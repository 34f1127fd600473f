"""The log of segments: durable in order, torn anywhere, full, trimmed, and begun again."""

import os
import resource
import signal
import struct
from pathlib import Path
from zlib import crc32

import pytest

from milepost.errors import Unavailable
from milepost.stores.log.segments import SegmentLog

DATA = [b"first", b"second entry", b"\0" * 40, b"last"]
# A head of 16 bytes before each.
SIZES = [21, 28, 56, 20]


async def opened(folder: Path, segment_bytes: int = 4096) -> SegmentLog:
    log = SegmentLog(folder / "log", segment_bytes)
    await log.open()
    return log


async def contents(log: SegmentLog) -> list[tuple[int, bytes]]:
    return [(entry.place, entry.data) async for entry in log.read()]


async def written(folder: Path, segment_bytes: int = 4096) -> Path:
    """A log of four entries, as a crash leaves it; the file of its first segment."""
    log = await opened(folder, segment_bytes)
    assert [await log.append(each) for each in DATA] == [1, 2, 3, 4]
    await log.close()
    return folder / "log" / f"{1:020d}.segment"


async def test_what_was_appended_is_read_after_a_start_in_its_order(tmp_path: Path) -> None:
    await written(tmp_path)
    log = await opened(tmp_path)
    assert await contents(log) == list(enumerate(DATA, 1))
    assert log.newest_place == 4
    assert await log.append(b"next") == 5
    assert (await contents(log))[-1] == (5, b"next")
    await log.close()


async def test_a_new_log_is_empty(tmp_path: Path) -> None:
    log = await opened(tmp_path)
    assert await contents(log) == [] and log.newest_place == log.size_bytes == 0
    await log.trim(0)
    assert await log.append(b"one") == 1
    await log.close()


async def test_the_form_on_disk_is_length_checksum_place_data(tmp_path: Path) -> None:
    file = await written(tmp_path)
    checksum = crc32(struct.pack("<Q", 1) + b"first")
    assert file.read_bytes()[:21] == struct.pack("<IIQ", 5, checksum, 1) + b"first"
    assert file.stat().st_size == sum(SIZES)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", range(sum(SIZES)))
async def test_a_segment_that_is_torn_anywhere_gives_the_whole_entries_before(
    tmp_path: Path, kept: int
) -> None:
    file = await written(tmp_path)
    os.truncate(file, kept)
    whole = sum(kept >= sum(SIZES[: count + 1]) for count in range(4))
    log = await opened(tmp_path)
    assert await contents(log) == list(enumerate(DATA[:whole], 1))
    assert await log.append(b"after the crash") == whole + 1
    assert (await contents(log))[-1] == (whole + 1, b"after the crash")
    await log.close()


@pytest.mark.parametrize("offset", range(SIZES[0], SIZES[0] + SIZES[1]))
async def test_a_damaged_entry_is_not_believed(tmp_path: Path, offset: int) -> None:
    file = await written(tmp_path)
    content = bytearray(file.read_bytes())
    content[offset] ^= 0x10
    file.write_bytes(content)
    log = await opened(tmp_path)
    assert await contents(log) == [(1, b"first")]
    await log.close()


async def test_a_tail_of_zeros_is_none(tmp_path: Path) -> None:
    file = await written(tmp_path)
    with file.open("ab") as segment:
        segment.write(bytes(4096))
    log = await opened(tmp_path)
    assert await contents(log) == list(enumerate(DATA, 1))
    await log.close()


async def test_trimming_removes_whole_segments_and_never_what_is_behind_the_place(
    tmp_path: Path,
) -> None:
    await written(tmp_path, segment_bytes=30)
    log = await opened(tmp_path, segment_bytes=30)
    assert len(list((tmp_path / "log").iterdir())) == 3
    await log.trim(1)
    assert await contents(log) == list(enumerate(DATA, 1))
    await log.trim(2)
    assert await contents(log) == [(3, DATA[2]), (4, DATA[3])]
    await log.close()


async def test_a_log_that_is_trimmed_whole_is_empty_and_its_places_go_on(tmp_path: Path) -> None:
    await written(tmp_path)
    log = await opened(tmp_path)
    await log.trim(4)
    assert await contents(log) == [] and log.size_bytes == 0
    await log.close()
    again = await opened(tmp_path)
    assert await contents(again) == []
    assert await again.append(b"on") == 5
    await again.trim(5)
    assert await contents(again) == []
    assert await again.append(b"and on") == 6
    assert await contents(again) == [(6, b"and on")]
    await again.close()


async def test_what_a_full_disk_refuses_is_not_there_and_the_next_is(tmp_path: Path) -> None:
    """A limit of file sizes refuses as a full disk does: a part is written, then nothing."""
    log = await opened(tmp_path)
    await log.append(b"before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
        with pytest.raises(Unavailable, match="the log"):
            await log.append(bytes(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert await log.append(b"after") == 2
    assert await contents(log) == [(1, b"before"), (2, b"after")]
    await log.close()
    again = await opened(tmp_path)
    assert await contents(again) == [(1, b"before"), (2, b"after")]
    await again.close()


async def test_a_refused_entry_that_reached_the_disk_gives_way_to_the_one_that_took_its_place(
    tmp_path: Path,
) -> None:
    file = await written(tmp_path)
    log = await opened(tmp_path)
    await log.append(b"fifth")
    await log.close()
    with file.open("ab") as segment:
        segment.write(struct.pack("<IIQ", 3, crc32(struct.pack("<Q", 5) + b"bad"), 5) + b"bad")
    again = await opened(tmp_path)
    assert await contents(again) == [*enumerate(DATA, 1), (5, b"fifth")]
    await again.close()
