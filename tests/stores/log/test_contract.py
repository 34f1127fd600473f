"""What every log must do, of both forms: files in a folder, and a stream of JetStream."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from milepost.stores.log.contract import Log
from milepost.stores.log.jetstream import JetStreamLog
from milepost.stores.log.nats_address import parse_nats_url
from milepost.stores.log.segments import SegmentLog
from tests.nats_server import NatsServer

Open = Callable[[], Awaitable[Log]]


async def files(folder: Path) -> Log:
    log = SegmentLog(folder, segment_bytes=1_000)
    await log.open()
    return log


async def stream(server: NatsServer) -> Log:
    log = JetStreamLog(parse_nats_url(server.url))
    await log.open()
    return log


@pytest.fixture(params=["files", pytest.param("stream", marks=pytest.mark.realserver)])
async def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the same log each time, once it has closed the one that is open."""
    opened: list[Log] = []

    async def open_again() -> Log:
        for log in opened:
            await log.close()
        if request.param == "files":
            log = await files(tmp_path / "log")
        else:
            log = await stream(request.getfixturevalue("nats_server"))
        opened[:] = [log]
        return log

    yield open_again
    for log in opened:
        await log.close()


async def contents(log: Log) -> list[tuple[int, bytes]]:
    return [(entry.place, entry.data) async for entry in log.read()]


async def test_a_new_log_is_empty(open_log: Open) -> None:
    log = await open_log()
    assert await contents(log) == [] and log.newest_place == log.size_bytes == 0
    await log.trim(0)
    assert await log.append(b"one") == log.newest_place == 1
    await log.trim(0)
    assert await contents(log) == [(1, b"one")]


async def test_entries_are_read_in_the_order_in_which_they_were_appended(open_log: Open) -> None:
    log = await open_log()
    data = [b"first", b"second", b"third"]
    assert [await log.append(each) for each in data] == [1, 2, 3]
    assert await contents(log) == list(enumerate(data, 1))
    again = await open_log()
    assert again.newest_place == 3
    assert await contents(again) == list(enumerate(data, 1))
    assert await again.append(b"fourth") == 4


async def test_any_bytes_come_back_as_they_were(open_log: Open) -> None:
    log = await open_log()
    chance = random.Random(1)
    data = [bytes(range(256)), bytes(100), b"\r\n\r\nPUB x 1\r\n", chance.randbytes(900_000), b"\0"]
    for each in data:
        await log.append(each)
    assert [each for _, each in await contents(log)] == data


async def test_a_trim_takes_nothing_that_is_behind_its_place(open_log: Open) -> None:
    log = await open_log()
    for number in range(1, 101):
        await log.append(b"%d" % number * 20)
    for up_to in (1, 37, 99):
        await log.trim(up_to)
        await log.trim(up_to - 1)
        left = await contents(log)
        assert left[-(100 - up_to) :] == [(n, b"%d" % n * 20) for n in range(up_to + 1, 101)]


async def test_places_go_on_after_everything_was_trimmed(open_log: Open) -> None:
    log = await open_log()
    for _ in range(5):
        await log.append(b"data")
    assert log.size_bytes > 0
    await log.trim(5)
    assert await contents(log) == [] and log.size_bytes == 0 and log.newest_place == 5
    again = await open_log()
    assert await contents(again) == [] and again.newest_place == 5
    assert await again.append(b"on") == 6
    await again.trim(6)
    assert await again.append(b"and on") == 7
    assert await contents(again) == [(7, b"and on")]


async def test_the_size_is_the_same_after_a_start(open_log: Open) -> None:
    log = await open_log()
    for length in (1, 10, 1_000):
        await log.append(bytes(length))
    size_bytes = log.size_bytes
    assert size_bytes > 1_011
    assert (await open_log()).size_bytes == size_bytes


async def test_appends_at_once_return_in_the_order_in_which_they_are_read(open_log: Open) -> None:
    log = await open_log()
    returned: list[tuple[int, bytes]] = []

    async def append(data: bytes) -> None:
        place = await log.append(data)
        returned.append((place, data))

    await asyncio.gather(*[append(b"%d" % number) for number in range(200)])
    assert returned == await contents(log)
    assert [place for place, _ in returned] == list(range(1, 201))


async def test_many_entries_are_all_read(open_log: Open) -> None:
    log = await open_log()
    data = [b"entry %d" % number for number in range(2_000)]
    for each in data:
        await log.append(each)
    assert await contents(log) == list(enumerate(data, 1))


async def test_what_comes_while_the_log_is_read_does_not_disturb(open_log: Open) -> None:
    log = await open_log()
    for number in range(10):
        await log.append(b"%d" % number)
    seen = []
    async for entry in log.read():
        seen.append(entry.place)
        await log.append(b"more")
    assert seen[:10] == list(range(1, 11))
    assert len(await contents(log)) == 10 + len(seen)
