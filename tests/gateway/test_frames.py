"""The frame log: what a watched device and the server say to each other, with what it means."""

from collections.abc import AsyncIterator

import pytest

from milepost.features.frames.log import Frame, FrameLog
from milepost.gateway.listeners import Gateway
from milepost.protocols import osmand, teltonika
from tests.gateway.conftest import IMEI, OpenGateway, connected, eventually, position
from tests.gateway.memory_ingest import DEVICE_ID, MemoryIngest
from tests.gateway.test_udp import client_of, datagram
from tests.gateway.tiny import TINY

ENCODER = teltonika.PROTOCOL.encoder()
LOGIN = ENCODER.login(IMEI)
FIX = ENCODER.positions(IMEI, [position(1)])


def kept(frame_log: FrameLog) -> list[Frame]:
    return frame_log.frames(DEVICE_ID, 0, 100)


async def test_a_connection_is_kept_from_its_login_on(
    ingest: MemoryIngest, frame_log: FrameLog, teltonika_port: int
) -> None:
    ingest.watched.add(IMEI)
    async with connected(teltonika_port) as device:
        await device.send(LOGIN)
        assert await device.receive(1) == b"\x01"
        await device.send(FIX)
        await device.receive(4)
    login, welcome, fix, answer = kept(frame_log)
    assert (login.direction, login.data, login.address) == ("in", LOGIN, "127.0.0.1")
    assert [message.kind for message in login.messages] == ["login"]
    assert (welcome.direction, welcome.data) == ("out", b"\x01")
    assert (fix.data, len(fix.messages[0].positions)) == (FIX, 1)
    assert (answer.direction, answer.data) == ("out", b"\0\0\0\1")


async def test_a_bad_frame_is_kept_with_what_is_wrong(
    ingest: MemoryIngest, frame_log: FrameLog, teltonika_port: int
) -> None:
    ingest.watched.add(IMEI)
    damaged = FIX[:-1] + bytes((FIX[-1] ^ 0xFF,))
    async with connected(teltonika_port) as device:
        await device.send(LOGIN)
        await device.receive(1)
        await device.send(damaged)
        assert await device.rest() == b""
    last = kept(frame_log)[-1]
    assert (last.data, last.messages) == (damaged, ())
    assert last.error is not None and "checksum" in last.error


async def test_nothing_is_kept_of_devices_that_nobody_watches(
    frame_log: FrameLog, teltonika_port: int
) -> None:
    async with connected(teltonika_port) as device:
        await device.send(LOGIN + FIX)
        await device.receive(5)
    assert kept(frame_log) == []


async def test_datagrams_and_their_answers_are_kept(
    ingest: MemoryIngest, frame_log: FrameLog, open_at_free_ports: OpenGateway
) -> None:
    ingest.watched.add(IMEI)
    async with (
        open_at_free_ports(teltonika.PROTOCOL) as gateway,
        client_of(gateway.ports["teltonika", "udp"]) as device,
    ):
        device.send(datagram())
        answer = await device.answer()
    came, went = kept(frame_log)
    assert (came.transport, came.data, len(came.messages)) == ("udp", datagram(), 1)
    assert (went.direction, went.data) == ("out", answer)


async def test_requests_are_kept(
    ingest: MemoryIngest, frame_log: FrameLog, open_at_free_ports: OpenGateway
) -> None:
    ingest.watched.add(IMEI)
    query = f"id={IMEI}&lat=52.5&lon=13.4&timestamp=1750000000"
    async with (
        open_at_free_ports(osmand.PROTOCOL) as gateway,
        connected(gateway.ports["osmand", "http"]) as device,
    ):
        await device.send(f"GET /?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: bool(kept(frame_log)))
    (request,) = kept(frame_log)
    assert (request.transport, request.data) == ("http", query.encode())
    assert request.messages[0].positions[0].latitude_deg == 52.5


OTHER = "356307042441999"


@pytest.fixture
async def tiny(ingest: MemoryIngest, open_at_free_ports: OpenGateway) -> AsyncIterator[Gateway]:
    ingest.watched.add(IMEI)
    ingest.known.add(OTHER)
    async with open_at_free_ports(TINY) as gateway:
        yield gateway


async def test_what_another_device_says_on_the_connection_is_not_kept(
    frame_log: FrameLog, tiny: Gateway
) -> None:
    async with connected(tiny.ports["tiny", "tcp"]) as peer:
        for line, answer in ((f"L,{IMEI}", b"+L\n"), (f"P,1,{OTHER}", b"+P\n"), ("H", b"+H\n")):
            await peer.send(f"{line}!\n".encode())
            assert await peer.receive(3) == answer
    assert [frame.data for frame in kept(frame_log)] == [f"L,{IMEI}!\n".encode(), b"+L\n"]


async def test_a_datagram_of_several_devices_is_not_kept(
    frame_log: FrameLog, tiny: Gateway
) -> None:
    async with client_of(tiny.ports["tiny", "udp"]) as client:
        client.send(f"P,1,{IMEI}!\nP,2,{OTHER}!\n".encode())
        assert [await client.answer(), await client.answer()] == [b"+P\n", b"+P\n"]
    assert kept(frame_log) == []


async def test_what_is_not_as_the_device_is_set_is_kept_with_the_reason(
    frame_log: FrameLog, tiny: Gateway
) -> None:
    login, fix = f"L,{IMEI}?\n".encode(), f"P,1,{IMEI}?\n".encode()
    async with connected(tiny.ports["tiny", "tcp"]) as peer:
        await peer.send(login)
        assert await peer.rest() == b""
    async with client_of(tiny.ports["tiny", "udp"]) as client:
        client.send(fix)
        await eventually(lambda: len(kept(frame_log)) == 2)
    frames = kept(frame_log)
    assert [frame.data for frame in frames] == [login, fix]
    assert [frame.error for frame in frames] == ["tiny: the checksum is wrong"] * 2


async def test_a_datagram_that_is_handed_over_twice_is_kept_once(
    ingest: MemoryIngest, frame_log: FrameLog, tiny: Gateway
) -> None:
    ingest.hold()
    async with client_of(tiny.ports["tiny", "udp"]) as client:
        client.send(f"P,1,{IMEI}!\n".encode())
        await eventually(lambda: ingest.waiting == 1)
        ingest.failing = True
        ingest.commit()
        ingest.failing = False
        await eventually(lambda: ingest.waiting == 1)
        ingest.release()
        assert await client.answer() == b"+P\n"
    assert [frame.direction for frame in kept(frame_log)] == ["in", "out"]
