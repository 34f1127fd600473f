"""Connections that do not keep to the protocol: closed, logged with the device, nothing lost."""

import asyncio
import os

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.protocols import gt06, h02, teltonika
from milepost.protocols.contract import DeviceProtocol
from milepost.protocols.gt06.encoder import frame_of
from tests.gateway.conftest import IMEI, OpenGateway, connected, eventually, position
from tests.gateway.memory_ingest import MemoryIngest

ENCODER = teltonika.PROTOCOL.encoder()
LOGIN = ENCODER.login(IMEI)
FRAME = ENCODER.positions(IMEI, [position(1)])
DAMAGED = FRAME[:-1] + bytes((FRAME[-1] ^ 1,))


def errors(registry: CollectorRegistry, reason: str, protocol: str = "teltonika") -> float:
    labels = {"protocol": protocol, "transport": "tcp", "reason": reason}
    return registry.get_sample_value("milepost_gateway_errors_total", labels) or 0.0


async def test_garbage_closes_the_connection_with_a_line_in_the_log(teltonika_port: int) -> None:
    with capture_logs() as logs:
        async with connected(teltonika_port) as peer:
            await peer.send(b"\xde\xad\xbe\xef" * 8)
            assert await peer.rest() == b""
    line = next(line for line in logs if line["event"] == "gateway.bad_frame")
    assert line["address"] == "127.0.0.1"
    assert line["protocol"] == "teltonika"
    assert line["head"].startswith("deadbeef")


@pytest.mark.parametrize("protocol", [teltonika.PROTOCOL, gt06.PROTOCOL, h02.PROTOCOL])
async def test_random_bytes_never_get_in_nor_stay(
    protocol: DeviceProtocol, ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(protocol, login_timeout_s=0.2, frame_timeout_s=0.2) as gateway:
        port = gateway.ports[protocol.name, "tcp"]
        for _ in range(5):
            async with connected(port) as peer:
                await peer.send(os.urandom(1500))
                await peer.rest()
    assert ingest.stored == []


async def test_garbage_after_a_login_is_logged_with_the_device(teltonika_port: int) -> None:
    with capture_logs() as logs:
        async with connected(teltonika_port) as peer:
            await peer.send(LOGIN)
            assert await peer.receive(1) == b"\x01"
            await peer.send(b"\0\0\0\1garbage-garbage")
            assert await peer.rest() == b""
    assert [line["device"] for line in logs if line["event"] == "gateway.bad_frame"] == [IMEI]


async def test_a_wrong_checksum_is_refused(ingest: MemoryIngest, teltonika_port: int) -> None:
    async with connected(teltonika_port) as peer:
        await peer.send(LOGIN)
        assert await peer.receive(1) == b"\x01"
        await peer.send(DAMAGED)
        assert await peer.rest() == b""
    assert ingest.stored == []


async def test_a_wrong_checksum_right_behind_the_login_is_refused(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(teltonika.PROTOCOL, idle_timeout_s=0.4) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(LOGIN + DAMAGED)
        assert await peer.rest() == b"\x01"
    assert ingest.stored == []


@pytest.mark.parametrize("together", [True, False])
async def test_a_wrong_checksum_of_a_lenient_device_is_flagged(
    together: bool, ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.lenient.add(IMEI)
    async with connected(teltonika_port) as peer:
        await peer.send(LOGIN + DAMAGED if together else LOGIN)
        assert await peer.receive(1) == b"\x01"
        if not together:
            await peer.send(DAMAGED)
        assert await peer.receive(4) == b"\0\0\0\1"
    assert [row.position.damaged for row in ingest.stored] == [True]


async def test_positions_before_a_login_are_refused(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as peer:
        await peer.send(FRAME)
        assert await peer.rest() == b""
    assert ingest.stored == []


async def test_an_oversized_frame_is_refused_before_it_has_come(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as peer:
        await peer.send(LOGIN + b"\0\0\0\0" + (10_000_000).to_bytes(4, "big") + b"\x08\x01")
        await peer.rest()
    assert ingest.stored == []


async def test_endless_pings_before_a_login_are_cut_off(teltonika_port: int) -> None:
    async with connected(teltonika_port) as peer:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            for _ in range(100_000):
                await peer.send(b"\xff" * 4096)


async def test_an_unknown_device_is_refused_and_recorded(
    ingest: MemoryIngest, registry: CollectorRegistry, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as peer:
        await peer.send(ENCODER.login("350000000000001") + FRAME)
        assert await peer.rest() == b"\0"
    assert ingest.unknown == [("350000000000001", "127.0.0.1")]
    assert ingest.stored == []
    assert errors(registry, "unknown_device") == 1


async def test_a_disabled_device_is_refused(ingest: MemoryIngest, teltonika_port: int) -> None:
    ingest.disabled.add(IMEI)
    async with connected(teltonika_port) as peer:
        await peer.send(LOGIN)
        assert await peer.rest() == b"\0"


async def test_a_device_that_is_refused_again_and_again_does_not_reach_the_store(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(teltonika.PROTOCOL, refusals_per_minute=2) as gateway:
        for _ in range(5):
            async with connected(gateway.ports["teltonika", "tcp"]) as peer:
                await peer.send(ENCODER.login("350000000000001"))
                assert await peer.rest() == b"\0"
    assert len(ingest.unknown) == 2
    assert errors(registry, "refused_for_now") == 3


async def test_a_store_that_is_gone_closes_the_connection_unanswered(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.failing = True
    async with connected(teltonika_port) as peer:
        await peer.send(LOGIN)
        assert await peer.rest() == b""


async def test_half_a_frame_is_not_waited_for_for_ever(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(teltonika.PROTOCOL, frame_timeout_s=0.1) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(LOGIN)
        assert await peer.receive(1) == b"\x01"
        await peer.send(FRAME[:20])
        assert await peer.rest() == b""
    assert ingest.stored == []
    assert errors(registry, "timeout") == 1


async def test_a_byte_now_and_then_does_not_keep_a_frame_unfinished_for_ever(
    open_at_free_ports: OpenGateway,
) -> None:
    async with (
        open_at_free_ports(teltonika.PROTOCOL, frame_timeout_s=0.2) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(LOGIN)
        assert await peer.receive(1) == b"\x01"
        closed = asyncio.create_task(peer.rest())
        for byte in FRAME[:-1] * 50:
            if closed.done():
                break
            peer.writer.write(bytes((byte,)))
            await asyncio.sleep(0.02)
        assert await closed == b""


@pytest.mark.parametrize("limit", ["login_timeout_s", "idle_timeout_s"])
async def test_a_silent_connection_is_closed(limit: str, open_at_free_ports: OpenGateway) -> None:
    async with (
        open_at_free_ports(teltonika.PROTOCOL, **{limit: 0.1}) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        assert await peer.rest() == b""


async def test_a_device_that_does_not_read_is_cut_off(
    registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    heartbeat = frame_of(0x13, b"\x44\x06\x04\x00\x02", b"\0\1") * 10_000
    async with (
        open_at_free_ports(gt06.PROTOCOL, write_buffer_bytes=64, write_timeout_s=0.2) as gateway,
        connected(gateway.ports["gt06", "tcp"]) as peer,
    ):
        await peer.send(gt06.PROTOCOL.encoder().login(IMEI))
        assert len(await peer.receive(10)) == 10
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionError):
            while True:
                await peer.send(heartbeat)
    assert errors(registry, "timeout", "gt06") == 1


@pytest.mark.parametrize("limit", ["connections", "connections_per_address"])
async def test_one_connection_too_many_is_dropped(
    limit: str, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(teltonika.PROTOCOL, **{limit: 1}) as gateway:
        port = gateway.ports["teltonika", "tcp"]
        async with connected(port) as first:
            await first.send(LOGIN)
            assert await first.receive(1) == b"\x01"
            async with connected(port) as second:
                assert await second.rest() == b""
            assert errors(registry, "too_many_connections") == 1
        await eventually(lambda: not gateway.connections())
        async with connected(port) as third:
            await third.send(LOGIN)
            assert await third.receive(1) == b"\x01"


async def test_a_flood_of_connections_from_one_address_is_slowed(
    registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(teltonika.PROTOCOL, connections_per_second=0.5) as gateway:
        for _ in range(6):
            async with connected(gateway.ports["teltonika", "tcp"]) as peer:
                await peer.send(b"\xde\xad")
                await peer.rest()
    assert errors(registry, "too_many_connections") >= 3


async def test_a_flood_of_frames_is_slowed_and_nothing_is_lost(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(teltonika.PROTOCOL, messages_per_second=200) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await peer.send(LOGIN + FRAME * 500)
        assert await peer.receive(1 + 4 * 500) == b"\x01" + b"\0\0\0\1" * 500
        assert errors(registry, "too_many_messages") >= 1
    assert len(ingest.stored) == 500


async def test_garbage_between_frames_does_not_end_a_protocol_that_finds_the_next(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    encoder = h02.PROTOCOL.encoder()
    good = encoder.positions(IMEI, [position(1)])
    async with (
        open_at_free_ports(h02.PROTOCOL) as gateway,
        connected(gateway.ports["h02", "tcp"]) as peer,
    ):
        await peer.send(good + b"*HQ,garbage#" + good)
        await eventually(lambda: len(ingest.stored) == 2)
        await peer.send(b"*HQ,garbage#" * 3)
        await peer.send(good)
        await eventually(lambda: len(ingest.stored) == 3)


async def test_it_is_not_given_for_ever_to_find_the_next(open_at_free_ports: OpenGateway) -> None:
    async with (
        open_at_free_ports(h02.PROTOCOL) as gateway,
        connected(gateway.ports["h02", "tcp"]) as peer,
    ):
        closed = asyncio.create_task(peer.rest())
        while not closed.done():
            peer.writer.write(b"*HQ,garbage#")
            await asyncio.sleep(0.005)
        assert await closed == b""


async def test_two_devices_of_one_connection_are_kept_apart(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    ingest.known |= {"1000000001", "1000000002"}
    encoder = h02.PROTOCOL.encoder()
    data = b"".join(
        encoder.positions(unique_id, [position(second)])
        for second, unique_id in enumerate(["1000000001", "1000000002", "1000000001"])
    )
    async with (
        open_at_free_ports(h02.PROTOCOL) as gateway,
        connected(gateway.ports["h02", "tcp"]) as peer,
    ):
        await peer.send(data)
        await eventually(lambda: len(ingest.stored) == 3)
    assert [row.unique_id for row in ingest.stored] == ["1000000001", "1000000002", "1000000001"]
    assert ingest.opened == ["1000000001", "1000000002"]
