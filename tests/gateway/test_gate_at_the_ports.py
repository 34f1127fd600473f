"""Where the gate stands: what it refuses, on each kind of port, and who pays for it."""

from collections.abc import Sequence

import httpx
import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.domain.message import Message
from milepost.domain.position import Position
from milepost.protocols.contract import HttpRequest, Input
from tests.gateway.conftest import IMEI, OpenGateway, connected, eventually
from tests.gateway.memory_ingest import MemoryIngest
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import TINY, TinyCodec

NUL = "35\0"
ODD = msgspec.structs.replace(TINY, resynchronizes=True)


class FailingCodec(TinyCodec):
    """Has a mistake of ours: `X` in a frame is too much for it, `Y` for its answer."""

    def receive(self, data: Input, received_time_ms: int) -> Sequence[Message]:
        content = data.body if isinstance(data, HttpRequest) else data
        assert isinstance(content, bytes)
        if b"X" in content:
            raise RuntimeError("a mistake of ours")
        return super().receive(data, received_time_ms)

    def acknowledge(self, message: Message) -> bytes:
        if message.token == b"Y":
            raise RuntimeError("a mistake of ours")
        return super().acknowledge(message)

    def _message(self, frame: str) -> Message:
        message = super()._message(frame.replace("Y,", "P,"))
        return msgspec.structs.replace(message, token=b"Y") if frame[0] == "Y" else message


class OddCodec(TinyCodec):
    """Every position has a number that cannot be."""

    def _position(self, values: list[str], token: bytes, *, damaged: bool) -> Message:
        message = super()._position(values, token, damaged=damaged)
        (position,) = message.positions
        odd = msgspec.structs.replace(position, fuel_used_l=1e20)
        return msgspec.structs.replace(message, positions=(odd,))


FAILING = msgspec.structs.replace(TINY, codec=FailingCodec, resynchronizes=True)
WEB = msgspec.structs.replace(TINY, transports=("http",))
FAILING_WEB = msgspec.structs.replace(WEB, codec=FailingCodec)


def count(registry: CollectorRegistry, reason: str, transport: str = "tcp") -> float:
    labels = {"protocol": "tiny", "transport": transport, "reason": reason}
    return registry.get_sample_value("milepost_gateway_errors_total", labels) or 0.0


async def test_a_connection_ends_with_a_name_that_cannot_be(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    """Also where the protocol finds its next frame: what follows may be of the unnamed device."""
    async with open_at_free_ports(ODD) as gateway, connected(gateway.ports["tiny", "tcp"]) as peer:
        await peer.send(f"L,{IMEI}!\nP,1!\n".encode())
        assert await peer.receive(6) == b"+L\n+P\n"
        await peer.send(f"P,2!\nL,{NUL}!\nP,3!\n".encode())
        await peer.rest()
    assert [each.position.fix_time_ms % 10_000 for each in ingest.stored] == [1_000, 2_000]
    assert count(registry, "bad_frame") == 1
    assert NUL not in ingest.opened


async def test_a_login_that_cannot_be_is_never_looked_up(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    with capture_logs() as logs:
        async with (
            open_at_free_ports(TINY) as gateway,
            connected(gateway.ports["tiny", "tcp"]) as peer,
        ):
            await peer.send(f"L,{NUL}!\n".encode())
            assert await peer.rest() == b""
    assert ingest.opened == []
    (line,) = [line for line in logs if line["event"] == "gateway.bad_frame"]
    assert "the identity must be 1 to 128 visible characters (got '35\\x00'" in line["detail"]


async def test_a_datagram_is_refused_whole(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(TINY) as gateway,
        client_of(gateway.ports["tiny", "udp"]) as client,
    ):
        client.send(f"P,1,{IMEI}!\nP,2,{NUL}!\n".encode())
        await eventually(lambda: count(registry, "bad_frame", "udp") == 1)
        client.send(f"P,3,{IMEI}!\n".encode())
        assert await client.answer() == b"+P\n"
    assert [each.position.fix_time_ms % 10_000 for each in ingest.stored] == [3_000]


@pytest.mark.parametrize("body", (f"P,1,{NUL}!\n", f"P,1,{IMEI}!\nP,2,{NUL}!\n"))
async def test_a_request_is_refused_whole(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway, body: str
) -> None:
    async with open_at_free_ports(WEB) as gateway, httpx.AsyncClient() as client:
        answer = await client.post(
            f"http://127.0.0.1:{gateway.ports['tiny', 'http']}/", content=body
        )
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "visible characters" in answer.text
    assert ingest.stored == []


@pytest.mark.parametrize("options", ({}, {"shift": "10"}))
async def test_a_refused_value_is_counted_once_however_often_its_frame_is_read(
    ingest: MemoryIngest,
    registry: CollectorRegistry,
    open_at_free_ports: OpenGateway,
    options: dict[str, str],
) -> None:
    ingest.options[IMEI] = options
    protocol = msgspec.structs.replace(TINY, codec=OddCodec)
    async with (
        open_at_free_ports(protocol) as gateway,
        connected(gateway.ports["tiny", "tcp"]) as peer,
        client_of(gateway.ports["tiny", "udp"]) as client,
    ):
        await peer.send(f"L,{IMEI}!\nP,1!\n".encode())
        assert await peer.receive(6) == b"+L\n+P\n"
        client.send(f"P,2,{IMEI}!\n".encode())
        assert await client.answer() == b"+P\n"
    labels = {"protocol": "tiny", "field": "fuel_used_l"}
    assert registry.get_sample_value("milepost_gateway_refused_values_total", labels) == 2
    stored: list[Position] = [each.position for each in ingest.stored]
    assert [each.attributes for each in stored] == [{"refused:fuel_used_l": "1e+20"}] * 2


async def test_a_mistake_of_a_codec_ends_its_connection_only(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(FAILING) as gateway:
        port = gateway.ports["tiny", "tcp"]
        async with connected(port) as peer, connected(port) as other:
            await other.send(f"L,{IMEI}!\n".encode())
            assert await other.receive(3) == b"+L\n"
            await peer.send(b"X!\n")
            assert await peer.rest() == b""
            await other.send(b"P,1!\n")
            assert await other.receive(3) == b"+P\n"
    assert count(registry, "internal") == 1


async def test_a_mistake_of_a_codec_costs_its_datagram_only(
    registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with (
        open_at_free_ports(FAILING) as gateway,
        client_of(gateway.ports["tiny", "udp"]) as client,
    ):
        client.send(b"X!\n")
        await eventually(lambda: count(registry, "internal", "udp") == 1)
        client.send(f"P,3,{IMEI}!\n".encode())
        assert await client.answer() == b"+P\n"


async def test_a_mistake_of_a_codec_costs_its_request_only(
    registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    async with open_at_free_ports(FAILING_WEB) as gateway, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{gateway.ports['tiny', 'http']}/"
        assert (await client.post(url, content=b"X!\n")).status_code == httpx.codes.BAD_REQUEST
        answer = await client.post(url, content=f"P,3,{IMEI}!\n")
        assert answer.status_code == httpx.codes.OK
    assert count(registry, "internal", "http") == 1


async def test_an_answer_that_cannot_be_written_costs_only_itself(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    with capture_logs() as logs:
        async with (
            open_at_free_ports(FAILING) as gateway,
            connected(gateway.ports["tiny", "tcp"]) as peer,
        ):
            await peer.send(f"L,{IMEI}!\nY,1!\nP,2!\n".encode())
            assert await peer.receive(6) == b"+L\n+P\n"
    assert len(ingest.stored) == 2
    assert "gateway.internal" in [line["event"] for line in logs]
