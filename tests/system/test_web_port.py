"""A running server whose web port strangers try to fill: everybody else is served."""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import websockets

from milepost.protocols.teltonika import PROTOCOL as TELTONIKA
from tests.system.conftest import copied
from tests.system.devices import Tracker, drive, packets_of
from tests.system.server import Server

IMEI = "356307042441777"
CLOSED_WITHIN_S = 60.0
BURST = 300
PROXY, STRANGER = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
async def edge(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with little patience."""
    server = Server(
        copied(prepared, tmp_path_factory.mktemp("edge")),
        MILEPOST_WEB_HEAD_S="8",
        MILEPOST_WEB_BODY_S="8",
        MILEPOST_WEB_IDLE_S="8",
        MILEPOST_WEB_UNREAD_S="4",
        MILEPOST_REQUESTS_PER_S="1",
        MILEPOST_REQUEST_BURST=str(BURST),
        MILEPOST_TRUSTED_PROXIES=PROXY,
    )
    server.start()
    await server.ready()
    yield server
    assert server.stop() == 0
    shutil.rmtree(server.data)


Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(server: Server, sent: bytes = b"") -> Peer:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    return reader, writer


async def everybody_else_is_served(server: Server) -> None:
    """People, programs and devices; generous times, because the machine may be busy."""
    async with asyncio.timeout(30):
        assert await server.readiness() == 200
        async with server.client() as client:
            assert (await client.get("/vehicles")).status_code == 200
        tracker = Tracker(IMEI, TELTONIKA, server.port_offset)
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        tracker.unsent = packets_of(drive(start, 10), 10)
        await tracker.send()
        assert len(tracker.acknowledged) == 10


async def all_closed(peers: list[Peer]) -> None:
    """The server ends every one of them."""
    async with asyncio.timeout(CLOSED_WITHIN_S):
        for reader, writer in peers:
            with suppress(ConnectionError):
                await reader.read()
            writer.close()


async def test_three_hundred_silent_connections_hold_up_nobody(edge: Server) -> None:
    silent = [await connect(edge) for _ in range(300)]
    await everybody_else_is_served(edge)
    await all_closed(silent)


async def test_slow_heads_and_bodies_hold_up_nobody_and_are_closed(edge: Server) -> None:
    heads = [await connect(edge, b"GET /healthz HTTP/1.1\r\nX-Slow: ") for _ in range(100)]
    body = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 5000\r\n\r\n{"
    )
    bodies = [await connect(edge, body) for _ in range(100)]

    async def drip(peer: Peer) -> None:
        with suppress(ConnectionError):
            while True:
                peer[1].write(b"a")
                await peer[1].drain()
                await asyncio.sleep(1)

    dripping = [asyncio.create_task(drip(each)) for each in (*heads, *bodies)]
    await everybody_else_is_served(edge)
    await all_closed([*heads, *bodies])
    async with asyncio.timeout(CLOSED_WITHIN_S):
        await asyncio.gather(*dripping)


async def test_who_does_not_read_holds_up_nobody_and_is_cut_off(edge: Server) -> None:
    async with edge.client() as client:
        token = client.headers["Authorization"].encode()
    # Many requests at once on one connection; none of the answers is read.
    asked = b"GET /schema/openapi.json HTTP/1.1\r\nHost: a\r\nAuthorization: " + token + b"\r\n\r\n"
    deaf = [_deaf(edge, asked * 60) for _ in range(2)]
    await everybody_else_is_served(edge)
    await asyncio.to_thread(_cut_off, deaf)


def _deaf(server: Server, sent: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(sent)
    return connection


def _cut_off(connections: list[socket.socket]) -> None:
    """An aborted connection refuses what is sent to it, after at most one more segment."""
    for each in connections:
        with each, pytest.raises(OSError):
            each.settimeout(CLOSED_WITHIN_S)
            for _ in range(int(CLOSED_WITHIN_S)):
                each.sendall(b"\r\n")
                time.sleep(1)


async def test_health_and_metrics_have_a_port_of_their_own(edge: Server) -> None:
    operations = f"http://127.0.0.1:{edge.ops_port}"
    async with httpx.AsyncClient(timeout=30) as client:
        health = (await client.get(f"{operations}/healthz")).json()
        assert health["status"] == "ok"
        assert health["loopSilentS"] < 8
        assert (await client.get(f"{operations}/readyz")).status_code == 200
        metrics = (await client.get(f"{operations}/metrics")).text
        assert "milepost_http_request_seconds_count" in metrics
        # The counters of protocols that nobody speaks are not there.
        assert 'protocol="teltonika"' in metrics or "milepost_gateway_frames_total{" not in metrics
        assert 'protocol="xexun"' not in metrics
        # On the web port: the web app's page or nothing, never the metrics.
        assert "milepost_http" not in (await client.get(f"{edge.url}/metrics")).text
        assert (await client.get(f"{edge.url}/schema/openapi.json")).status_code == 401
    async with edge.client() as client:
        described = await client.get(f"{edge.url}/schema/openapi.json")
        assert described.json()["openapi"].startswith("3.1")


async def test_a_forwarded_address_counts_from_a_trusted_proxy_only(edge: Server) -> None:
    async def statuses(local: str, count: int, forwarded: str) -> set[int]:
        transport = httpx.AsyncHTTPTransport(local_address=local)
        async with httpx.AsyncClient(transport=transport, base_url=edge.url, timeout=30) as client:
            return {
                (
                    await client.get(
                        "/api/v1/config", headers={"X-Forwarded-For": forwarded % (number % 250)}
                    )
                ).status_code
                for number in range(count)
            }

    # A stranger who makes up addresses is one caller all the same.
    assert await statuses(STRANGER, 2 * BURST, "198.51.100.%d") == {200, 429}
    # Behind the proxy each client has a limit of their own, and cannot make up another address.
    assert await statuses(PROXY, 2 * BURST, "203.0.113.%d") == {200}
    assert await statuses(PROXY, 2 * BURST, "198.51.100.%d, 203.0.113.251") == {200, 429}
    assert await statuses(PROXY, 1, "203.0.113.252%.0s") == {200}


async def test_viewers_stay_while_requests_time_out(edge: Server) -> None:
    async with edge.client() as client:
        token = client.headers["Authorization"].removeprefix("Bearer ")
    url = f"ws://127.0.0.1:{edge.port}/ws"
    async with websockets.connect(url, subprotocols=["json", f"Bearer.{token}"], proxy=None) as ws:
        assert "connection_ack" in await asyncio.wait_for(ws.recv(), 30)
        await asyncio.sleep(12)
        await ws.send('{"type":"ping","requestId":"still"}')
        while '"still"' not in await asyncio.wait_for(ws.recv(), 30):
            pass
