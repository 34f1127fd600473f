"""Sockets that listen without understanding: `milepost sniff PORT`."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from milepost.errors import ProtocolError, Unavailable
from milepost.protocols.contract import CodecContext, DeviceProtocol, Transport
from milepost.protocols.guess import guesses

MAX_KEPT_BYTES = 65_536
MAX_CONNECTIONS = 100


class Heard(msgspec.Struct, frozen=True):
    """What one peer has said so far; `transport` None where nobody knows."""

    source: str
    transport: Transport | None
    chunks: tuple[bytes, ...]


Tell = Callable[[Heard], None]


class _Ear:
    """What both kinds of sockets share."""

    def __init__(
        self, known: Mapping[str, DeviceProtocol], tell: Tell, *, answer_logins: bool
    ) -> None:
        self.known = known
        self.tell = tell
        self.answer_logins = answer_logins
        self.connections = 0

    def answers(self, heard: Heard) -> bytes:
        """Answers to the newest bytes' logins and heartbeats, by the likeliest protocol.

        Whatever carries a position is not answered: it is not stored here.
        """
        if not self.answer_logins or heard.transport is None:
            return b""
        now_ms = time.time_ns() // 1_000_000
        found = guesses(self.known, heard.chunks, now_ms, (heard.transport,))
        if not found:
            return b""
        codec = self.known[found[0].protocol].codec(CodecContext(heard.transport, lenient=True))
        answers = b""
        for number, chunk in enumerate(heard.chunks, 1):
            try:
                messages = codec.receive(chunk, now_ms)
            except ProtocolError:
                return b""
            if number == len(heard.chunks):
                empty = [message for message in messages if not message.positions]
                answers = b"".join(codec.acknowledge(message) for message in empty)
        return answers


class _Stream(asyncio.Protocol):
    def __init__(self, ear: _Ear) -> None:
        self._ear = ear
        self._chunks: list[bytes] = []
        self._kept_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ear.connections += 1
        self._source = _source(transport.get_extra_info("peername"))
        if self._ear.connections > MAX_CONNECTIONS:
            self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._ear.connections -= 1

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._kept_bytes += len(data)
        heard = Heard(self._source, "tcp", tuple(self._chunks))
        self._ear.tell(heard)
        answers = self._ear.answers(heard)
        if answers:
            self._transport.write(answers)
        if self._kept_bytes > MAX_KEPT_BYTES:
            self._transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, ear: _Ear) -> None:
        self._ear = ear

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        heard = Heard(_source(peer), "udp", (data,))
        self._ear.tell(heard)
        answers = self._ear.answers(heard)
        if answers:
            self._transport.sendto(answers, peer)


def _source(peer: tuple[str, int] | None) -> str:
    return f"{peer[0]}:{peer[1]}" if peer else "unknown"


async def listen(
    known: Mapping[str, DeviceProtocol],
    host: str,
    port: int,
    tell: Tell,
    *,
    answer_logins: bool = False,
) -> None:
    """Listen on TCP and UDP until cancelled, and tell what each peer says.

    Raises:
        Unavailable: the port is in use or may not be bound.
    """
    ear = _Ear(known, tell, answer_logins=answer_logins)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(lambda: _Stream(ear), host, port)
        datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(ear), (host, port))
    except OSError as error:
        raise Unavailable(f"port {port} on {host}", str(error.strerror).lower()) from error
    try:
        await server.serve_forever()
    finally:
        datagrams.close()
