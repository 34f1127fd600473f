"""Connections that keep to the protocol: acknowledged in order, after the durable write."""

from milepost.protocols.teltonika import PROTOCOL
from tests.gateway.conftest import (
    IMEI,
    NOW_MS,
    OpenGateway,
    Peer,
    connected,
    eventually,
    position,
)
from tests.gateway.memory_ingest import MemoryIngest

ENCODER = PROTOCOL.encoder()


def frame(*seconds: int) -> bytes:
    return ENCODER.positions(IMEI, [position(each) for each in seconds])


async def log_in(peer: Peer) -> None:
    await peer.send(ENCODER.login(IMEI))
    assert await peer.receive(1) == b"\x01"


async def test_positions_are_stored_with_their_device_and_time(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1, 2))
        assert await peer.receive(4) == b"\0\0\0\2"
    assert [row.position.fix_time_ms for row in ingest.stored] == [NOW_MS + 1000, NOW_MS + 2000]
    assert {(row.unique_id, row.protocol, row.received_time_ms) for row in ingest.stored} == {
        (IMEI, "teltonika", NOW_MS)
    }


async def test_the_answer_waits_for_the_durable_write(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.hold()
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1))
        await eventually(lambda: ingest.waiting == 1)
        assert await peer.quiet()
        assert ingest.stored == []
        ingest.release()
        assert await peer.receive(4) == b"\0\0\0\1"
        assert len(ingest.stored) == 1


async def test_frames_are_answered_in_their_order(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as peer:
        await peer.send(ENCODER.login(IMEI) + frame(1) + frame(2, 3) + b"\xff" + frame(4, 5, 6))
        assert await peer.receive(13) == b"\x01" + b"\0\0\0\1" + b"\0\0\0\2" + b"\0\0\0\3"
    assert len(ingest.stored) == 6


async def test_a_byte_at_a_time_gives_the_same(ingest: MemoryIngest, teltonika_port: int) -> None:
    async with connected(teltonika_port) as peer:
        for byte in ENCODER.login(IMEI) + frame(1):
            await peer.send(bytes((byte,)))
        assert await peer.receive(5) == b"\x01\0\0\0\1"
    assert len(ingest.stored) == 1


async def test_a_failed_commit_is_not_answered_and_the_device_sends_again(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.hold()
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1))
        await eventually(lambda: ingest.waiting == 1)
        ingest.failing = True
        ingest.release()
        assert await peer.rest() == b""
    assert ingest.stored == []
    ingest.failing = False
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1))
        assert await peer.receive(4) == b"\0\0\0\1"
    assert len(ingest.stored) == 1


async def test_nothing_is_answered_after_a_commit_that_failed(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.hold()
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1) + frame(2) + frame(3))
        await eventually(lambda: ingest.waiting == 3)
        ingest.failing = True
        ingest.commit()
        assert await peer.rest() == b""


async def test_a_peer_that_has_said_all_is_still_answered(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.hold()
    async with connected(teltonika_port) as peer:
        await peer.send(ENCODER.login(IMEI) + frame(1))
        peer.writer.write_eof()
        await eventually(lambda: ingest.waiting == 1)
        ingest.release()
        assert await peer.rest() == b"\x01\0\0\0\1"


async def test_reading_stops_while_the_store_is_saturated(
    ingest: MemoryIngest, teltonika_port: int
) -> None:
    ingest.high_water = 1
    ingest.hold()
    async with connected(teltonika_port) as peer:
        await log_in(peer)
        await peer.send(frame(1, 2))
        await eventually(lambda: ingest.waiting == 2)
        await peer.send(frame(3))
        assert await peer.quiet()
        assert ingest.waiting == 2
        ingest.release()
        assert await peer.receive(8) == b"\0\0\0\2\0\0\0\1"


async def test_reading_stops_while_too_much_is_unanswered(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    ingest.hold()
    async with (
        open_at_free_ports(PROTOCOL, unanswered_messages=1) as gateway,
        connected(gateway.ports["teltonika", "tcp"]) as peer,
    ):
        await log_in(peer)
        await peer.send(frame(1) + frame(2))
        await eventually(lambda: ingest.waiting == 2)
        await peer.send(frame(3))
        assert await peer.quiet()
        assert ingest.waiting == 2
        ingest.release()
        assert await peer.receive(12) == b"\0\0\0\1" * 3


async def test_at_the_end_what_was_taken_is_answered(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(PROTOCOL) as gateway:
        peer_of_gateway = connected(gateway.ports["teltonika", "tcp"])
        peer = await peer_of_gateway.__aenter__()
        await log_in(peer)
        await peer.send(frame(1))
        await eventually(lambda: ingest.waiting == 1)
    assert await peer.rest() == b"\0\0\0\1"
    await peer_of_gateway.__aexit__(None, None, None)
