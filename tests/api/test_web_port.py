"""The web port against peers that are silent, slow, deaf or many; a small application behind it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets

from milepost.api.client_address import TrustedProxies, parse_networks
from milepost.api.connections import Connections, WebLimits
from milepost.api.web_server import listening_socket, serving
from milepost.errors import Unavailable
from tests.free_ports import free_port

SHORT = WebLimits(idle_s=1.0, head_s=1.0, body_s=1.0, unread_s=1.0)
WITHIN_S = 60.0
LONG_BODY = b"x" * 30_000_000
FLOOD_BYTES = 100_000_000
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Echoes WebSocket messages, reads bodies, and answers `/long` at length."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
    elif scope["type"] == "websocket":
        await _echo(receive, send)
    else:
        await _answer(scope, receive, send)


async def _echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    body = LONG_BODY if scope["path"] == "/long" else f"{scope['client'][0]}".encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Port:
    """A running web port."""

    def __init__(self, number: int, connections: Connections) -> None:
        self.number = number
        self.connections = connections

    async def connect(self, sent: bytes = b"") -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        writer.write(sent)
        return reader, writer

    async def get(self, headers: bytes = b"") -> bytes:
        """The body of the answer to a request on a new connection."""
        head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + b"\r\n"
        reader, writer = await self.connect(head)
        answer = await asyncio.wait_for(reader.read(), WITHIN_S)
        writer.close()
        return answer.partition(b"\r\n\r\n")[2]

    async def count(self, wanted: int) -> None:
        """Wait until so many connections are open."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.connections) != wanted:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def opened(limits: WebLimits, proxies: str | None = None) -> AsyncIterator[Port]:
    number = free_port()
    bound = listening_socket("127.0.0.1", number, "web port")
    trusted = TrustedProxies(parse_networks(proxies))
    async with serving(application, bound, limits, trusted) as connections:
        yield Port(number, connections)


async def ended(peer: Peer) -> bytes:
    """What the peer gets before the server closes."""
    reader, writer = peer
    received = b""
    with suppress(ConnectionError):
        received = await asyncio.wait_for(reader.read(), WITHIN_S)
    writer.close()
    return received


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
async def test_who_does_not_go_on_is_closed(sent: bytes) -> None:
    async with opened(SHORT) as port:
        assert await ended(await port.connect(sent)) == b""
        await port.count(0)


@pytest.mark.parametrize(
    "begin", [b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n"]
)
async def test_bytes_one_at_a_time_do_not_extend_the_time(begin: bytes) -> None:
    async with opened(SHORT) as port:
        peer = await port.connect(begin)

        async def drip() -> None:
            with suppress(ConnectionError):
                while True:
                    peer[1].write(b"a")
                    await peer[1].drain()
                    await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        await ended(peer)
        await asyncio.wait_for(dripping, WITHIN_S)
        await port.count(0)


async def test_a_connection_without_a_next_request_is_closed() -> None:
    async with opened(SHORT) as port:
        answer = await ended(await port.connect(GET + GET))
        assert answer.count(b"HTTP/1.1 200") == 2


async def test_who_does_not_read_an_answer_is_cut_off() -> None:
    async with opened(SHORT) as port:
        kept = b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n"
        closing = b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        deaf = [_deaf(port.number, sent) for sent in (kept, closing)]
        await port.count(2)
        await port.count(0)
        for each in deaf:
            each.close()


def _deaf(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(sent)
    return connection


async def test_who_reads_slowly_is_served_to_the_end() -> None:
    limits = WebLimits(unread_s=20.0, unread_bytes=1024)
    async with opened(limits) as port:
        reader, writer = await port.connect(
            b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        received = 0
        while piece := await asyncio.wait_for(reader.read(1_500_000), WITHIN_S):
            received += len(piece)
            await asyncio.sleep(0.02)
        writer.close()
        assert received > len(LONG_BODY)


async def test_a_head_without_end_is_refused() -> None:
    async with opened(WebLimits(head_bytes=10_000)) as port:
        field = b"X-Long: " + b"y" * 1000 + b"\r\n"
        # No more than is read: what waits unread in the kernel would cut the answer off.
        peer = await port.connect(b"GET / HTTP/1.1\r\n" + 10 * field)
        assert (await ended(peer)).startswith(b"HTTP/1.1 431 ")


async def test_the_silent_make_room_for_those_who_ask() -> None:
    limits = WebLimits(connections=20, connections_per_address=1000)
    async with opened(limits) as port:
        silent = [await port.connect() for _ in range(50)]
        for _ in range(30):
            assert await port.get() == b"127.0.0.1"
        assert len(port.connections) <= 20
        for _, writer in silent:
            writer.close()


async def test_one_address_has_so_many_connections_and_no_more() -> None:
    limits = WebLimits(connections=1000, connections_per_address=3)
    async with opened(limits) as port:
        url = f"ws://127.0.0.1:{port.number}/ws"
        one, two, three = [await websockets.connect(url, proxy=None) for _ in range(3)]
        # WebSockets do not wait for a request: nobody has to make room.
        assert (await ended(await port.connect(GET))).startswith(b"HTTP/1.1 503 ")
        await one.close()
        await port.count(2)
        assert await port.get() == b"127.0.0.1"
        await two.close()
        await three.close()


async def test_a_trusted_proxy_is_not_counted_by_its_address() -> None:
    limits = WebLimits(connections=1000, connections_per_address=1)
    async with opened(limits, proxies="127.0.0.0/8") as port:
        silent = [await port.connect() for _ in range(5)]
        await port.count(5)
        assert await port.get(b"X-Forwarded-For: 192.0.2.7\r\n") == b"192.0.2.7"
        for _, writer in silent:
            writer.close()


async def test_the_word_of_a_stranger_about_its_address_is_not_taken() -> None:
    async with opened(WebLimits()) as port:
        for header in (b"X-Forwarded-For: 192.0.2.7\r\n", b"Forwarded: for=192.0.2.7\r\n"):
            assert await port.get(header) == b"127.0.0.1"


async def test_a_websocket_outlives_all_times_of_requests() -> None:
    limits = WebLimits(idle_s=0.2, head_s=0.2, body_s=0.2, unread_s=0.2)
    async with opened(limits) as port:
        url = f"ws://127.0.0.1:{port.number}/ws"
        async with websockets.connect(url, proxy=None) as client:
            await asyncio.sleep(1.0)
            await client.send("still here")
            assert await asyncio.wait_for(client.recv(), WITHIN_S) == "still here"


async def test_who_sends_pings_and_reads_no_answer_is_not_read_any_more() -> None:
    async with opened(WebLimits(unread_s=600.0)) as port:
        with socket.create_connection(("127.0.0.1", port.number)) as client:
            sent = await asyncio.to_thread(_flood_with_pings, client)
            # What the kernels' buffers take, and not what the sender would like.
            assert sent < FLOOD_BYTES
            (connection,) = port.connections._open.values()
            assert connection.transport.get_write_buffer_size() < 2_000_000
            connection.transport.abort()


def _flood_with_pings(client: socket.socket) -> int:
    """How many bytes of pings the server takes from a client that reads nothing."""
    pings = 1000 * (bytes([0x89, 0x80 | 125, 0, 0, 0, 0]) + b"p" * 125)
    client.sendall(
        b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b" 101 " in client.recv(4096)
    client.settimeout(5)
    sent = 0
    with suppress(TimeoutError):
        while sent < FLOOD_BYTES:
            sent += client.send(pings)
    return sent


async def test_a_taken_port_is_named() -> None:
    async with opened(WebLimits()) as port:
        with pytest.raises(Unavailable, match=f"web port {port.number} on 127.0.0.1"):
            listening_socket("127.0.0.1", port.number, "web port")
