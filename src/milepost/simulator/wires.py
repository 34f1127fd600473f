"""A device's connection to the server: delivers positions and comes back when they are answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import aiomqtt
import msgspec

from milepost.domain.position import Position
from milepost.errors import InvalidInput, ProtocolError, Unavailable
from milepost.protocols.contract import DeviceProtocol, Transport
from milepost.simulator.rehearsal import encoder_of, publishes, rehearse

ANSWER_WITHIN_S = 30.0
DATAGRAM_ANSWER_WITHIN_S = 5.0


class Target(msgspec.Struct, frozen=True):
    """Where a device reports to, and how."""

    protocol: DeviceProtocol
    transport: Transport
    host: str
    port: int


class Wire(Protocol):
    """One device's way to the server; every method may raise Unavailable or OSError."""

    async def open(self) -> None:
        """Connect and say who we are."""
        ...

    async def deliver(self, positions: Sequence[Position]) -> None:
        """Send, and wait for the answer where the protocol has one."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


class StreamWire:
    """TCP, and HTTP on a kept-alive connection: the encoder writes whole requests."""

    def __init__(self, target: Target, unique_id: str) -> None:
        self._target = target
        self._unique_id = unique_id
        self._expected: dict[int, tuple[int, int]] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect and log in."""
        target = self._target
        self._reader, self._writer = await asyncio.open_connection(target.host, target.port)
        self._encoder = encoder_of(target.protocol)
        login = self._encoder.login(self._unique_id)
        if login:
            await self._exchange(login, self._answers(())[0])

    async def deliver(self, positions: Sequence[Position]) -> None:
        """Send the frames and count the answers."""
        data = self._encoder.positions(self._unique_id, positions)
        await self._exchange(data, self._answers(positions)[1])

    async def close(self) -> None:
        """Say that all is said, and let the server end the connection.

        It does so once everything is stored, which is the only receipt of a protocol that has no
        acknowledgement.
        """
        reader, writer = self._reader, self._writer
        self._reader = self._writer = None
        if writer is None or reader is None:
            return
        try:
            writer.write_eof()
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while await reader.read(65536):
                    pass
        except (OSError, TimeoutError):
            pass
        finally:
            writer.transport.abort()

    def _answers(self, positions: Sequence[Position]) -> tuple[int, int]:
        count = len(positions)
        if count not in self._expected:
            self._expected[count] = _expected(self._target, self._unique_id, positions)
        return self._expected[count]

    async def _exchange(self, data: bytes, answers: int) -> None:
        reader, writer = self._reader, self._writer
        assert reader is not None
        assert writer is not None
        if reader.at_eof():
            raise Unavailable("the server", "it closed the connection")
        writer.write(data)
        await writer.drain()
        received = b""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while self._encoder.acknowledged(received) < answers:
                more = await reader.read(65536)
                if not more:
                    raise Unavailable("the server", "it closed the connection without an answer")
                received += more
                if self._target.transport == "http":
                    _check_statuses(received)


class DatagramWire:
    """UDP: sent again until it is answered; once where the protocol has no answer."""

    attempts = 3

    def __init__(self, target: Target, unique_id: str) -> None:
        self._target = target
        self._unique_id = unique_id
        self._transport: asyncio.DatagramTransport | None = None
        self._received: asyncio.Queue[bytes] = asyncio.Queue()

    async def open(self) -> None:
        """Bind a port; nothing is sent yet."""
        target = self._target
        self._encoder = encoder_of(target.protocol)
        received = self._received
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Receiver(received), remote_addr=(target.host, target.port)
        )

    async def deliver(self, positions: Sequence[Position]) -> None:
        """Send a datagram for each position."""
        for position in positions:
            await self._deliver_one(position)

    async def close(self) -> None:
        """Give the port back."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _deliver_one(self, position: Position) -> None:
        assert self._transport is not None
        data = self._encoder.positions(self._unique_id, (position,))
        answers = _expected(self._target, self._unique_id, (position,))[1]
        for _ in range(self.attempts):
            self._transport.sendto(data)
            if await self._answered(answers):
                return
        raise Unavailable("the server", f"no answer to {self.attempts} datagrams")

    async def _answered(self, answers: int) -> bool:
        received = b""
        try:
            async with asyncio.timeout(DATAGRAM_ANSWER_WITHIN_S):
                while self._encoder.acknowledged(received) < answers:
                    received += await self._received.get()
        except TimeoutError:
            return False
        return True


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, received: "asyncio.Queue[bytes]") -> None:
        self._received = received

    def datagram_received(self, data: bytes, _peer: object) -> None:
        self._received.put_nowait(data)

    def error_received(self, _error: Exception) -> None:
        """Nobody listens there: it shows as an answer that does not come."""


class MqttWire:
    """Publishes with QoS 1 to a broker; delivered means that the broker has it."""

    def __init__(self, target: Target, unique_id: str) -> None:
        self._target = target
        self._unique_id = unique_id
        self._client: aiomqtt.Client | None = None

    async def open(self) -> None:
        """Connect to the broker."""
        self._encoder = encoder_of(self._target.protocol)
        client = aiomqtt.Client(
            self._target.host, self._target.port, identifier=f"device-{self._unique_id}"
        )
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            raise Unavailable("the broker", str(error)) from error
        self._client = client

    async def deliver(self, positions: Sequence[Position]) -> None:
        """Publish, and wait for the broker's acknowledgement."""
        assert self._client is not None
        data = self._encoder.positions(self._unique_id, positions)
        try:
            for publish in publishes(self._target.protocol, self._unique_id, data):
                await self._client.publish(publish.topic, publish.payload, qos=1)
        except aiomqtt.MqttError as error:
            raise Unavailable("the broker", str(error)) from error

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)


WIRES: Mapping[Transport, Callable[[Target, str], Wire]] = {
    "tcp": StreamWire,
    "http": StreamWire,
    "udp": DatagramWire,
    "mqtt": MqttWire,
}


def choose_transport(protocol: DeviceProtocol, positions: Sequence[Position]) -> Transport:
    """The first transport of the protocol that its encoder can speak.

    Raises:
        InvalidInput: there is none.
    """
    for transport in protocol.transports:
        try:
            rehearse(protocol, transport, "990000000000001", positions)
        except (ProtocolError, ValueError, IndexError):
            continue
        return transport
    raise InvalidInput("protocol", protocol.name, "one that the simulator speaks")


def _expected(target: Target, unique_id: str, positions: Sequence[Position]) -> tuple[int, int]:
    rehearsal = rehearse(target.protocol, target.transport, unique_id, positions)
    return rehearsal.login_answers, rehearsal.answers


def _check_statuses(received: bytes) -> None:
    for answer in received.split(b"HTTP/1.1 ")[1:]:
        if not answer.startswith(b"200") and b"\r\n\r\n" in answer:
            head, _, body = answer.partition(b"\r\n\r\n")
            said = (head.split(b"\r\n")[0] + b": " + body.strip()).decode("latin-1")
            raise Unavailable("the server", f"it answered {said}")
