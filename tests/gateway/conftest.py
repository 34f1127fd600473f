"""An open gateway on free ports, and what a peer needs to talk to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from milepost.domain.position import Position
from milepost.features.frames.log import FrameLog
from milepost.gateway.limits import Limits
from milepost.gateway.listeners import Gateway, open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import teltonika
from milepost.protocols.contract import DeviceProtocol
from tests.gateway.memory_ingest import MemoryIngest

NOW_MS = 1_750_000_000_000
IMEI = "356307042441013"
WITHIN_S = 20.0

OpenGateway = Callable[..., AbstractAsyncContextManager[Gateway]]


def position(seconds: int = 0) -> Position:
    return Position(NOW_MS + seconds * 1000, 52.5, 13.4, 30.0, 50.0, 90.0, satellites=9)


def at_any_port(protocol: DeviceProtocol) -> DeviceProtocol:
    return msgspec.structs.replace(protocol, port=0)


class Peer:
    """A device's end of a TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), WITHIN_S)

    async def rest(self) -> bytes:
        """What still comes until the other side closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), WITHIN_S)
        except ConnectionResetError:
            return b""

    async def quiet(self) -> bool:
        """Whether nothing comes for a while (five commit windows)."""
        try:
            await asyncio.wait_for(self.reader.readexactly(1), 0.05)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connected(port: int, address: str = "127.0.0.1") -> AsyncIterator[Peer]:
    """A device's end of a connection; `address` is where it comes from, of the loopback's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def ingest() -> MemoryIngest:
    memory = MemoryIngest()
    memory.known.add(IMEI)
    return memory


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def frame_log() -> FrameLog:
    return FrameLog()


@pytest.fixture
def open_at_free_ports(
    ingest: MemoryIngest, registry: CollectorRegistry, frame_log: FrameLog
) -> OpenGateway:
    """`async with open_at_free_ports(PROTOCOL, idle_timeout_s=…) as gateway`."""

    @asynccontextmanager
    async def opened(*protocols: DeviceProtocol, **limits: float) -> AsyncIterator[Gateway]:
        async with open_gateway(
            ingest,
            {each.name: at_any_port(each) for each in protocols},
            host="127.0.0.1",
            port_offset=0,
            clock_ms=lambda: NOW_MS,
            metrics=GatewayMetrics(registry),
            limits=msgspec.convert(limits, Limits),
            frame_log=frame_log,
        ) as gateway:
            yield gateway

    return opened


@pytest.fixture
async def teltonika_port(open_at_free_ports: OpenGateway) -> AsyncIterator[int]:
    async with open_at_free_ports(teltonika.PROTOCOL) as gateway:
        yield gateway.ports["teltonika", "tcp"]
