"""The log in JetStream: servers that are killed, full, refused, away, hung or rolled back."""

import asyncio
import gc
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from structlog.testing import capture_logs

from milepost.errors import InvalidInput, Unavailable
from milepost.stores.log.jetstream import CLOSE_WITHIN_S, SYNCS_SINCE, JetStreamLog
from milepost.stores.log.nats_address import parse_nats_url
from milepost.stores.log.nats_stream import stream_settings
from tests.nats_server import NATS_SERVER, NatsServer

pytestmark = pytest.mark.realserver

# nats-py does so when the server refuses a sign-in.
leaves_connections_to_the_collector = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed:ResourceWarning"
)

STREAM = "MILEPOST_POSITIONS_0"
NATS_VERSION = re.compile(r"Version:\s+(\d+)\.(\d+)")
RECOVERS_WITHIN_S = 10.0


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[JetStreamLog]:
    log = JetStreamLog(parse_nats_url(url))
    try:
        await log.open()
        yield log
    finally:
        await log.close()


@asynccontextmanager
async def manager(server: NatsServer) -> AsyncIterator[nats.js.JetStreamContext]:
    """JetStream as an operator uses it."""
    client = await nats.connect(server.url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def contents(log: JetStreamLog) -> list[tuple[int, bytes]]:
    return [(entry.place, entry.data) async for entry in log.read()]


async def appended(log: JetStreamLog, data: bytes) -> int:
    """Append as often as it takes; TimeoutError if the log does not come back."""
    async with asyncio.timeout(RECOVERS_WITHIN_S):
        while True:
            try:
                return await log.append(data)
            except Unavailable:
                await asyncio.sleep(0.05)


@pytest.fixture
def configured_server(
    nats_server: NatsServer, tmp_path: Path, free_port: Callable[[], int]
) -> Iterator[Callable[[str], NatsServer]]:
    """Starts a server with more lines in its configuration; `nats_server` says what is missing."""
    servers: list[NatsServer] = []

    def start(configuration: str) -> NatsServer:
        folder = tmp_path / f"configured-{len(servers)}"
        servers.append(NatsServer(folder, free_port(), configuration))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


async def test_every_acknowledged_entry_survives_a_killed_server(nats_server: NatsServer) -> None:
    acknowledged: dict[int, bytes] = {}
    refused = 0
    async with opened(nats_server.url) as log:

        async def append_on() -> None:
            nonlocal refused
            for number in range(100_000):
                data = b"entry %d " % number * 50
                try:
                    acknowledged[await log.append(data)] = data
                except Unavailable:
                    refused += 1
                    await asyncio.sleep(0.02)

        appending = asyncio.create_task(append_on())
        for _ in range(3):
            count = len(acknowledged)
            async with asyncio.timeout(3 * RECOVERS_WITHIN_S):
                while len(acknowledged) < count + 300:
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(nats_server.kill)
            await asyncio.sleep(0.1)
            await asyncio.to_thread(nats_server.start)
        await appended(log, b"the last")
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)
    assert refused
    async with opened(nats_server.url) as again:
        found = dict(await contents(again))
    assert {place: found.get(place) for place in acknowledged} == acknowledged


async def test_places_go_on_after_a_kill_when_everything_was_trimmed(
    nats_server: NatsServer,
) -> None:
    async with opened(nats_server.url) as log:
        for _ in range(20):
            place = await log.append(bytes(1_000))
        await log.trim(place)
    nats_server.kill()
    nats_server.start()
    async with opened(nats_server.url) as log:
        assert log.newest_place == place == 20
        assert await contents(log) == []
        assert await log.append(b"next") == 21


async def test_a_server_that_is_away_is_told_at_once_and_comes_back(
    nats_server: NatsServer,
) -> None:
    async with opened(nats_server.url) as log:
        assert await log.append(b"before") == 1
        nats_server.stop()
        await asyncio.sleep(0.1)
        start_s = time.monotonic()
        with capture_logs() as logs:
            for act in (log.append(b"meanwhile"), log.trim(1), contents(log)):
                with pytest.raises(Unavailable, match="the log"):
                    await act
        assert time.monotonic() - start_s < 0.5
        assert [line for line in logs if line["log_level"] == "error"] == []
        nats_server.start()
        assert await appended(log, b"after") == 2
        assert await contents(log) == [(1, b"before"), (2, b"after")]


async def test_a_server_that_comes_back_empty_gets_its_stream_again(
    nats_server: NatsServer,
) -> None:
    async with opened(nats_server.url) as log:
        assert await log.append(b"lost with the disk") == 1
        nats_server.kill()
        shutil.rmtree(nats_server.folder / "store")
        nats_server.start()
        assert await appended(log, b"after") == 2
        assert await contents(log) == [(2, b"after")]


async def test_after_a_rollback_no_place_is_given_twice_and_no_trim_takes_too_much(
    nats_server: NatsServer,
) -> None:
    """As a power cut leaves a server that had not synced its newest entries."""
    async with opened(nats_server.url) as log:
        for number in range(1, 11):
            await log.append(b"%d" % number)
        nats_server.stop()
        shutil.copytree(nats_server.folder / "store", nats_server.folder / "copy")
        nats_server.start()
        for number in range(11, 21):
            await appended(log, b"%d" % number)
        nats_server.kill()
        shutil.rmtree(nats_server.folder / "store")
        (nats_server.folder / "copy").rename(nats_server.folder / "store")
        nats_server.start()
        assert await appended(log, b"21") == 21
        assert await log.append(b"22") == 22
        assert (await contents(log))[-2:] == [(21, b"21"), (22, b"22")]
        await log.trim(20)
        assert await contents(log) == [(21, b"21"), (22, b"22")]
        await log.trim(21)
        assert await contents(log) == [(22, b"22")]


async def test_closing_does_not_wait_for_a_server_that_is_gone_or_hangs(
    nats_server: NatsServer,
) -> None:
    for end in (nats_server.freeze, nats_server.kill):
        nats_server.kill()
        nats_server.start()
        log = JetStreamLog(parse_nats_url(nats_server.url))
        await log.open()
        end()
        appending = asyncio.create_task(log.append(bytes(900_000)))
        await asyncio.sleep(0.1)
        start_s = time.monotonic()
        await log.close()
        assert time.monotonic() - start_s < CLOSE_WITHIN_S + 0.5
        nats_server.kill()
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)


async def test_a_server_that_hangs_is_left_within_seconds(nats_server: NatsServer) -> None:
    async with opened(nats_server.url) as log:
        await log.append(b"before")
        nats_server.freeze()
        with pytest.raises(Unavailable, match="timeout"):
            await log.append(b"meanwhile")
        nats_server.kill()
        nats_server.start()
        # What failed may have been appended all the same, and is appended again then.
        place = await appended(log, b"after")
        kept = await contents(log)
        assert kept[0] == (1, b"before") and kept[-1] == (place, b"after")


async def test_a_full_stream_refuses_and_takes_again_once_it_is_trimmed(
    nats_server: NatsServer,
) -> None:
    async with manager(nats_server) as operator:
        await operator.add_stream(stream_settings(STREAM), max_bytes=5_000)
    async with opened(nats_server.url) as log:
        with pytest.raises(Unavailable, match="maximum bytes exceeded"):
            for number in range(10):
                await log.append(b"%d" % number * 1_000)
        kept = await contents(log)
        assert [data[:1] for _, data in kept] == [b"0", b"1", b"2", b"3"]
        await log.trim(kept[0][0])
        assert await log.append(b"fits") > kept[-1][0]
        assert await contents(log) == [*kept[1:], (log.newest_place, b"fits")]


async def test_a_server_that_syncs_nothing_before_its_answer_is_told_of(
    nats_server: NatsServer,
) -> None:
    with capture_logs() as logs:
        async with opened(nats_server.url):
            pass
    version = NATS_VERSION.search(nats_server.log())
    assert version is not None
    is_old = (int(version[1]), int(version[2])) < SYNCS_SINCE
    assert [line["event"] for line in logs] == ["log.unsynced"] * is_old


REFUSED = {
    "storage": {"storage": StorageType.MEMORY},
    "retention": {"retention": RetentionPolicy.WORK_QUEUE},
    "discard": {"discard": DiscardPolicy.OLD},
    "max_age": {"max_age": 3600.0},
    "max_msgs_per_subject": {"max_msgs_per_subject": 1_000},
    "no_ack": {"no_ack": True},
    "deny_purge": {"deny_purge": True},
    "max_msg_size": {"max_msg_size": 65_536},
    "subjects": {"subjects": [STREAM, "others.>"]},
}


@pytest.mark.parametrize("setting", REFUSED)
async def test_a_stream_that_would_lose_entries_is_refused(
    nats_server: NatsServer, setting: str
) -> None:
    config: StreamConfig = stream_settings(STREAM).evolve(**REFUSED[setting])
    async with manager(nats_server) as operator:
        await operator.add_stream(config)
    with pytest.raises(InvalidInput, match=f"`{setting}` of the stream {STREAM}"):
        async with opened(nats_server.url):
            pass


async def test_a_stream_with_harmless_settings_of_its_own_is_used(nats_server: NatsServer) -> None:
    async with manager(nats_server) as operator:
        await operator.add_stream(stream_settings(STREAM), max_bytes=10**9, max_msgs=10**6)
    async with opened(nats_server.url) as log:
        assert await log.append(b"one") == 1


async def test_what_another_program_publishes_elsewhere_is_no_entry(
    nats_server: NatsServer,
) -> None:
    async with opened(nats_server.url) as log, opened(f"{nats_server.url}/OTHER") as other:
        await log.append(b"mine")
        await other.append(b"theirs")
        await other.trim(1)
        assert await contents(log) == [(1, b"mine")]


async def test_an_entry_larger_than_the_server_takes_is_refused(nats_server: NatsServer) -> None:
    async with opened(nats_server.url) as log:
        with pytest.raises(Unavailable, match=r"1048577 bytes.*1048576"):
            await log.append(bytes(1_048_577))
        assert await log.append(bytes(1_048_576)) == 1


async def test_a_server_that_takes_only_small_messages_is_refused(
    configured_server: Callable[[str], NatsServer],
) -> None:
    server = configured_server("max_payload: 65536")
    with pytest.raises(InvalidInput, match="`max_payload` of the NATS server"):
        async with opened(server.url):
            pass


@leaves_connections_to_the_collector
async def test_it_signs_in_and_a_wrong_password_is_told_without_being_shown(
    configured_server: Callable[[str], NatsServer],
) -> None:
    server = configured_server('authorization { user: me, password: "p@ss/word" }')
    host = f"127.0.0.1:{server.port}"
    async with opened(f"nats://me:p%40ss%2Fword@{host}") as log:
        await log.append(b"one")
    with pytest.raises(Unavailable) as refused:
        async with opened(f"nats://me:hunter2@{host}"):
            pass
    assert "hunter2" not in str(refused.value)
    assert "Authorization" in str(refused.value)
    gc.collect()


@leaves_connections_to_the_collector
async def test_a_refused_sign_in_ends_when_the_server_takes_the_user_again(
    configured_server: Callable[[str], NatsServer],
) -> None:
    right = "authorization { user: me, password: one }"
    server = configured_server(right)
    async with opened(f"nats://me:one@127.0.0.1:{server.port}") as log:
        await log.append(b"before")
        for configuration in (right.replace("one", "two"), right):
            server.stop()
            server.configuration = configuration
            server.start()
            await asyncio.sleep(2.5)
            if configuration != right:
                with pytest.raises(Unavailable):
                    await log.append(b"meanwhile")
        await appended(log, b"after")
    gc.collect()


async def test_a_server_without_jetstream_or_none_at_all_is_named(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    if not NATS_SERVER.exists():
        pytest.skip(f"NOT RUN: {NATS_SERVER} is missing; install Debian's nats-server")
    server = NatsServer(tmp_path / "plain", free_port(), jetstream=False)
    with pytest.raises(Unavailable, match=f"127.0.0.1:{server.port}.*Connect call failed"):
        async with opened(server.url):
            pass
    server.start()
    try:
        with pytest.raises(Unavailable, match="has no JetStream"):
            async with opened(server.url):
                pass
    finally:
        server.kill()
