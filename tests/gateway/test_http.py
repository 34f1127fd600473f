"""Devices that speak HTTP: 200 after the durable write, a clear status for everything else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from milepost.protocols import osmand
from tests.gateway.conftest import IMEI, NOW_MS, OpenGateway, Peer, connected, eventually, position
from tests.gateway.memory_ingest import MemoryIngest

ENCODER = osmand.PROTOCOL.encoder()
REQUEST = ENCODER.positions(IMEI, [position(1)])


@pytest.fixture
async def port(open_at_free_ports: OpenGateway) -> AsyncIterator[int]:
    async with open_at_free_ports(osmand.PROTOCOL) as gateway:
        yield gateway.ports["osmand", "http"]


async def answer(peer: Peer) -> tuple[int, str]:
    head = (await asyncio.wait_for(peer.reader.readuntil(b"\r\n\r\n"), 20)).decode()
    length = next(
        int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line
    )
    return int(head.split()[1]), (await peer.receive(length)).decode()


async def test_200_comes_after_the_durable_write(ingest: MemoryIngest, port: int) -> None:
    ingest.hold()
    async with connected(port) as peer:
        await peer.send(REQUEST)
        await eventually(lambda: ingest.waiting == 1)
        assert await peer.quiet()
        ingest.release()
        assert (await answer(peer))[0] == 200
    assert ingest.stored[0].position.fix_time_ms == NOW_MS + 1000


async def test_a_connection_is_kept_alive_and_requests_may_be_sent_ahead(
    ingest: MemoryIngest, port: int
) -> None:
    async with connected(port) as peer:
        await peer.send(ENCODER.positions(IMEI, [position(each) for each in range(5)]))
        assert [(await answer(peer))[0] for _ in range(5)] == [200] * 5
    assert [row.position.fix_time_ms - NOW_MS for row in ingest.stored] == [
        0,
        1000,
        2000,
        3000,
        4000,
    ]


async def test_a_body_in_pieces_is_put_together(ingest: MemoryIngest, port: int) -> None:
    body = (
        b'{"device_id": "%s", "location": {"timestamp": "2025-06-15T15:06:40Z",'
        b' "coords": {"latitude": 1, "longitude": 2}}}'
    ) % IMEI.encode()
    head = b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
    async with connected(port) as peer:
        await peer.send(head % len(body))
        assert (await peer.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        for byte in body:
            await peer.send(bytes((byte,)))
        assert (await answer(peer))[0] == 200
    assert len(ingest.stored) == 1


@pytest.mark.parametrize(
    ("request_line", "status", "said"),
    [
        (b"GET / HTTP/1.1", 400, "identity"),
        (b"GET /?id=%s&lat=91&lon=0 HTTP/1.1" % IMEI.encode(), 400, "91"),
        (b"GET /?id=stranger&lat=1&lon=2 HTTP/1.1", 404, "stranger"),
        (b"GET /?id=out&lat=1&lon=2 HTTP/1.1", 403, "enabled"),
        (b"no request", 400, ""),
    ],
)
async def test_a_bad_request_gets_a_status_and_a_reason(
    request_line: bytes, status: int, said: str, ingest: MemoryIngest, port: int
) -> None:
    ingest.disabled.add("out")
    async with connected(port) as peer:
        await peer.send(request_line + b"\r\nHost: m\r\n\r\n")
        came, text = await answer(peer)
    assert came == status
    assert said in text
    assert ingest.stored == []


async def test_503_says_that_nothing_was_stored(ingest: MemoryIngest, port: int) -> None:
    ingest.failing = True
    async with connected(port) as peer:
        await peer.send(REQUEST)
        assert (await answer(peer))[0] == 503
        ingest.failing = False
        await peer.send(REQUEST)
        assert (await answer(peer))[0] == 200
    assert len(ingest.stored) == 1


async def test_a_device_that_has_to_be_opened_again_is_not_sent_away(
    ingest: MemoryIngest, port: int
) -> None:
    async with connected(port) as peer:
        await peer.send(REQUEST)
        await answer(peer)
        ingest.hold()
        await peer.send(REQUEST)
        await eventually(lambda: ingest.waiting == 1)
        ingest.failing = True
        ingest.commit()
        ingest.failing = False
        await eventually(lambda: ingest.waiting == 1)
        ingest.release()
        assert (await answer(peer))[0] == 200
    assert ingest.opened == [IMEI, IMEI]
    assert len(ingest.stored) == 2


async def test_10_mb_are_refused_when_they_are_announced(ingest: MemoryIngest, port: int) -> None:
    async with connected(port) as peer:
        await peer.send(b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 10000000\r\n\r\n")
        assert (await answer(peer))[0] == 413
        await peer.send(b"x" * 100_000)
        assert await peer.rest() == b""


async def test_10_mb_in_chunks_are_refused_when_they_are_too_much(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with connected(port) as peer:
        await peer.send(b"POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(160):
            await peer.send(chunk)
        assert (await answer(peer))[0] == 413


async def test_an_endless_head_is_refused(port: int) -> None:
    async with connected(port) as peer:
        await peer.send(b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"x" * 40_000)
        assert (await answer(peer))[0] == 431


async def test_an_unfinished_request_is_not_waited_for_for_ever(
    open_at_free_ports: OpenGateway,
) -> None:
    async with open_at_free_ports(osmand.PROTOCOL, request_timeout_s=0.1) as gateway:
        for beginning in (
            b"GET /?id=",
            b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 9\r\n\r\n{",
        ):
            async with connected(gateway.ports["osmand", "http"]) as peer:
                await peer.send(beginning)
                assert (await answer(peer))[0] == 408


async def test_a_byte_now_and_then_does_not_keep_a_request_unfinished_for_ever(
    open_at_free_ports: OpenGateway,
) -> None:
    async with (
        open_at_free_ports(osmand.PROTOCOL, request_timeout_s=0.2) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        answered = asyncio.create_task(answer(peer))
        while not answered.done():
            peer.writer.write(b"a")
            await asyncio.sleep(0.02)
        assert (await answered)[0] == 408


async def test_an_idle_connection_is_closed(open_at_free_ports: OpenGateway) -> None:
    async with (
        open_at_free_ports(osmand.PROTOCOL, keep_alive_s=0.1) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(REQUEST)
        assert (await answer(peer))[0] == 200
        assert await peer.rest() == b""


async def test_too_many_requests_get_429(open_at_free_ports: OpenGateway) -> None:
    async with (
        open_at_free_ports(osmand.PROTOCOL, messages_per_second=1) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        statuses = []
        for _ in range(5):
            await peer.send(REQUEST)
            statuses.append((await answer(peer))[0])
    assert statuses[0] == 200
    assert statuses[-1] == 429


async def test_head_gets_no_body(ingest: MemoryIngest, port: int) -> None:
    async with connected(port) as peer:
        await peer.send(b"HEAD / HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n")
        assert (await peer.rest()).endswith(b"\r\n\r\n")


async def test_garbage_gets_400(ingest: MemoryIngest, port: int) -> None:
    async with connected(port) as peer:
        await peer.send(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
        assert (await answer(peer))[0] == 400
    assert ingest.stored == []
