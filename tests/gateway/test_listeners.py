"""Ports: opened with their offset, named when taken; the same under uvloop."""

import asyncio
import socket
from collections.abc import Callable

import pytest
import uvloop
from prometheus_client import CollectorRegistry

from milepost.errors import Unavailable
from milepost.gateway.listeners import open_gateway
from milepost.gateway.metrics import GatewayMetrics
from milepost.protocols import osmand, teltonika
from tests.gateway.conftest import IMEI, NOW_MS, OpenGateway, at_any_port, connected, position
from tests.gateway.memory_ingest import MemoryIngest


async def test_a_port_in_use_is_named_with_its_protocol(
    ingest: MemoryIngest, free_port: Callable[[], int]
) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Unavailable, match=rf"TCP port {port} .* Teltonika .*in use"):
            async with open_gateway(
                ingest,
                {"teltonika": teltonika.PROTOCOL},
                host="127.0.0.1",
                port_offset=port - 5027,
                clock_ms=lambda: NOW_MS,
                metrics=GatewayMetrics(CollectorRegistry()),
            ):
                pass


async def test_tcp_and_udp_share_a_protocol_s_port(
    ingest: MemoryIngest, free_port: Callable[[], int]
) -> None:
    port = free_port()
    async with open_gateway(
        ingest,
        {"teltonika": teltonika.PROTOCOL},
        host="127.0.0.1",
        port_offset=port - 5027,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        assert gateway.ports == {("teltonika", "tcp"): port, ("teltonika", "udp"): port}


async def test_open_connections_are_counted(
    registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    labels = {"protocol": "teltonika", "transport": "tcp"}
    encoder = teltonika.PROTOCOL.encoder()
    async with (
        open_at_free_ports(teltonika.PROTOCOL) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(encoder.login(IMEI) + encoder.positions(IMEI, [position(1), position(2)]))
        await peer.receive(5)
        assert registry.get_sample_value("milepost_gateway_connections", labels) == 1
        assert registry.get_sample_value("milepost_gateway_frames_total", labels) == 2
        assert registry.get_sample_value("milepost_gateway_positions_total", labels) == 2
    assert registry.get_sample_value("milepost_gateway_connections", labels) == 0


async def converse() -> list[bytes]:
    """One device over TCP and one over HTTP, within one event loop."""
    ingest = MemoryIngest()
    ingest.known.add(IMEI)
    protocols = (teltonika.PROTOCOL, osmand.PROTOCOL)
    answers = []
    async with open_gateway(
        ingest,
        {each.name: at_any_port(each) for each in protocols},
        host="127.0.0.1",
        port_offset=0,
        clock_ms=lambda: NOW_MS,
        metrics=GatewayMetrics(CollectorRegistry()),
    ) as gateway:
        for protocol, transport, count in ((protocols[0], "tcp", 5), (protocols[1], "http", 15)):
            encoder = protocol.encoder()
            async with connected(gateway.ports[protocol.name, transport]) as peer:
                login, frame = encoder.login(IMEI), encoder.positions(IMEI, [position(1)])
                await peer.send(login + frame)
                answers.append(await peer.receive(count))
    return answers


async def test_uvloop_gives_the_same() -> None:
    expected = [b"\x01\0\0\0\1", b"HTTP/1.1 200 OK"]
    assert await converse() == expected
    assert await asyncio.to_thread(uvloop.run, converse()) == expected
