"""What is set for a device holds for all that it sends, from the first byte on."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from milepost.gateway.listeners import Gateway
from milepost.protocols import gt06
from tests.gateway.conftest import IMEI, OpenGateway, connected, eventually
from tests.gateway.memory_ingest import MemoryIngest
from tests.gateway.test_http import answer
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import START_MS, TINY

LOGIN = f"L,{IMEI}!\n".encode()
BY_HTTP = msgspec.structs.replace(TINY, transports=("http",))


@pytest.fixture
async def gateway(open_at_free_ports: OpenGateway) -> AsyncIterator[Gateway]:
    async with open_at_free_ports(TINY) as opened:
        yield opened


def seconds(ingest: MemoryIngest) -> list[float]:
    return [(row.position.fix_time_ms - START_MS) / 1000 for row in ingest.stored]


async def test_options_hold_for_what_came_with_the_login(
    ingest: MemoryIngest, gateway: Gateway
) -> None:
    ingest.options[IMEI] = {"shift": "3600"}
    async with connected(gateway.ports["tiny", "tcp"]) as peer:
        await peer.send(b"H!\n" + LOGIN + b"P,1!\n")
        assert await peer.receive(9) == b"+H\n+L\n+P\n"
        await peer.send(b"P,2!\n")
        assert await peer.receive(3) == b"+P\n"
    assert seconds(ingest) == [3601, 3602]


async def test_options_hold_where_the_first_position_names_the_device(
    ingest: MemoryIngest, gateway: Gateway
) -> None:
    ingest.options[IMEI] = {"shift": "60"}
    async with connected(gateway.ports["tiny", "tcp"]) as peer:
        await peer.send(f"P,1,{IMEI}!\n".encode())
        assert await peer.receive(3) == b"+P\n"
    assert seconds(ingest) == [61]


async def test_a_lenient_device_with_options_has_both(
    ingest: MemoryIngest, gateway: Gateway
) -> None:
    ingest.lenient.add(IMEI)
    ingest.options[IMEI] = {"shift": "60"}
    async with connected(gateway.ports["tiny", "tcp"]) as peer:
        await peer.send(LOGIN + b"P,1?\n")
        assert await peer.receive(6) == b"+L\n+P\n"
    assert seconds(ingest) == [61]
    assert ingest.stored[0].position.damaged


async def test_a_device_with_options_that_is_not_lenient_is_read_strictly(
    ingest: MemoryIngest, gateway: Gateway
) -> None:
    ingest.options[IMEI] = {"shift": "60"}
    async with connected(gateway.ports["tiny", "tcp"]) as peer:
        await peer.send(LOGIN + b"P,1?\n")
        assert await peer.rest() == b""
    assert ingest.stored == []


async def test_options_hold_for_datagrams(ingest: MemoryIngest, gateway: Gateway) -> None:
    ingest.options[IMEI] = {"shift": "60"}
    async with client_of(gateway.ports["tiny", "udp"]) as client:
        for second in (1, 2):
            client.send(f"P,{second},{IMEI}!\n".encode())
            assert await client.answer() == b"+P\n"
    assert seconds(ingest) == [61, 62]


@pytest.mark.parametrize("lenient", [True, False])
async def test_a_damaged_datagram_passes_if_its_device_is_lenient(
    lenient: bool, ingest: MemoryIngest, gateway: Gateway
) -> None:
    if lenient:
        ingest.lenient.add(IMEI)
    async with client_of(gateway.ports["tiny", "udp"]) as client:
        client.send(f"P,1,{IMEI}?\n".encode())
        client.send(f"P,2,{IMEI}!\n".encode())
        await client.answer()
        await eventually(lambda: len(ingest.stored) == 1 + lenient)
    assert {row.position.damaged for row in ingest.stored} == {lenient, False}


async def test_options_hold_for_requests(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    ingest.options[IMEI] = {"shift": "60"}
    async with (
        open_at_free_ports(BY_HTTP) as gateway,
        connected(gateway.ports["tiny", "http"]) as peer,
    ):
        body = f"P,1,{IMEI}!\n"
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        await peer.send((head + body).encode())
        assert (await answer(peer))[0] == 200
    assert seconds(ingest) == [61]


async def test_a_damaged_message_before_the_login_does_not_cost_the_login(
    open_at_free_ports: OpenGateway,
) -> None:
    """It counts as taken, and a strict reading does not give it again."""
    heartbeat = bytes.fromhex("78780a1340040400020001ffff0d0a")
    login = gt06.PROTOCOL.encoder().login(IMEI)
    async with (
        open_at_free_ports(gt06.PROTOCOL) as gateway,
        connected(gateway.ports["gt06", "tcp"]) as peer,
    ):
        await peer.send(heartbeat + login)
        assert (await peer.receive(10))[3] == 0x01
