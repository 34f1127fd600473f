"""Datagrams: answered once durable, dropped silently where they cannot be taken."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from milepost.protocols import h02, teltonika
from tests.gateway.conftest import IMEI, WITHIN_S, OpenGateway, eventually, position
from tests.gateway.memory_ingest import MemoryIngest

RECORDS = teltonika.PROTOCOL.encoder().positions(IMEI, [position(1)])[8:-4]


def datagram(unique_id: str = IMEI, packet: int = 7) -> bytes:
    identity = len(unique_id).to_bytes(2, "big") + unique_id.encode()
    content = packet.to_bytes(2, "big") + b"\x01" + b"\x05" + identity + RECORDS
    return len(content).to_bytes(2, "big") + content


class Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _peer: object) -> None:
        self.received.put_nowait(data)

    def send(self, data: bytes) -> None:
        self.transport.sendto(data)

    async def answer(self) -> bytes:
        return await asyncio.wait_for(self.received.get(), WITHIN_S)


@asynccontextmanager
async def client_of(port: int) -> AsyncIterator[Client]:
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        Client, remote_addr=("127.0.0.1", port)
    )
    try:
        yield client
    finally:
        transport.close()


@pytest.fixture
async def port(open_at_free_ports: OpenGateway) -> AsyncIterator[int]:
    async with open_at_free_ports(teltonika.PROTOCOL) as gateway:
        yield gateway.ports["teltonika", "udp"]


async def test_a_datagram_is_answered_once_it_is_durable(ingest: MemoryIngest, port: int) -> None:
    ingest.hold()
    async with client_of(port) as client:
        client.send(datagram())
        await eventually(lambda: ingest.waiting == 1)
        assert client.received.empty()
        ingest.release()
        assert await client.answer() == bytes.fromhex("0005000701") + b"\x05\x01"
    assert [row.unique_id for row in ingest.stored] == [IMEI]


async def test_a_known_device_is_opened_once(ingest: MemoryIngest, port: int) -> None:
    async with client_of(port) as client:
        for packet in range(3):
            client.send(datagram(packet=packet))
            await client.answer()
    assert ingest.opened == [IMEI]


async def test_a_failed_commit_is_not_answered_until_the_device_sends_again(
    ingest: MemoryIngest, port: int
) -> None:
    ingest.hold()
    async with client_of(port) as client:
        client.send(datagram())
        await eventually(lambda: ingest.waiting == 1)
        ingest.failing = True
        ingest.release()
        await asyncio.sleep(0.05)
        assert client.received.empty()
        ingest.failing = False
        client.send(datagram())
        await client.answer()
    assert len(ingest.stored) == 1


async def test_garbage_is_dropped_and_the_port_stays_open(ingest: MemoryIngest, port: int) -> None:
    async with client_of(port) as client:
        for length in (0, 1, 2, 9, 100, 1400, 60_000):
            client.send(os.urandom(length))
        client.send(datagram()[:-3])
        client.send(datagram())
        await client.answer()
    assert len(ingest.stored) == 1


async def test_an_unknown_device_is_recorded_and_not_answered(
    ingest: MemoryIngest, port: int
) -> None:
    async with client_of(port) as client:
        client.send(datagram("350000000000001"))
        await eventually(lambda: len(ingest.unknown) == 1)
        client.send(datagram())
        await client.answer()
        assert client.received.empty()
    assert {row.unique_id for row in ingest.stored} == {IMEI}


async def test_a_flood_is_dropped(ingest: MemoryIngest, open_at_free_ports: OpenGateway) -> None:
    data = h02.PROTOCOL.encoder().positions(IMEI, [position(1)])
    async with (
        open_at_free_ports(h02.PROTOCOL, messages_per_second=5) as gateway,
        client_of(gateway.ports["h02", "udp"]) as client,
    ):
        for _ in range(200):
            client.send(data)
        await eventually(lambda: len(ingest.stored) >= 10)
        await asyncio.sleep(0.05)
    assert len(ingest.stored) < 50
