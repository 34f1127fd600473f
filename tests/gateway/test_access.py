"""Who may speak for a device: allowed protocols and networks, and a secret, over real sockets."""

import base64
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from milepost.domain.device_access import Access, networks_of, sealed
from milepost.protocols import osmand, owntracks, wialon
from tests.gateway.conftest import IMEI, OpenGateway, connected
from tests.gateway.memory_ingest import MemoryIngest
from tests.gateway.test_http import answer
from tests.gateway.test_udp import client_of
from tests.gateway.tiny import TINY

SECRET = "correct-horse"
SEALED = Access(sealed_secret=sealed(SECRET, bytes(range(16))))
ELSEWHERE = Access(networks=networks_of(["192.0.2.0/24"]))
HERE = Access(networks=networks_of(["127.0.0.1", "2001:db8::/32"]))
PLACE = "lat=52.5&lon=13.4"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"phone:{password}".encode()).decode()


def get(query: str, authorization: str = "") -> bytes:
    header = f"Authorization: {authorization}\r\n" if authorization else ""
    return f"GET /?id={IMEI}&{PLACE}{query} HTTP/1.1\r\nHost: m\r\n{header}\r\n".encode()


def post(body: str, authorization: str = "") -> bytes:
    header = f"Authorization: {authorization}\r\n" if authorization else ""
    return (
        f"POST / HTTP/1.1\r\nHost: m\r\n{header}Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )


@pytest.fixture
async def osmand_port(open_at_free_ports: OpenGateway) -> AsyncIterator[int]:
    async with open_at_free_ports(osmand.PROTOCOL) as gateway:
        yield gateway.ports["osmand", "http"]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get(f"&secret={SECRET}"), 200),
        (get("", basic(SECRET)), 200),
        (get("", f"Bearer {SECRET}"), 200),
        (
            post(
                f'{{"device_id": "{IMEI}", "secret": "{SECRET}",'
                ' "location": {"coords": {"latitude": 1, "longitude": 2}}}'
            ),
            200,
        ),
        (get(""), 403),
        (get("&secret=correct-hors"), 403),
        (get("", basic("wrong")), 403),
        (get("", "Basic %%%"), 403),
        (get("", f"Digest {SECRET}"), 403),
    ],
)
async def test_a_phone_shows_its_secret(
    ingest: MemoryIngest, osmand_port: int, request_bytes: bytes, status: int
) -> None:
    ingest.access[IMEI] = SEALED
    async with connected(osmand_port) as peer:
        await peer.send(request_bytes)
        assert (await answer(peer))[0] == status
    assert len(ingest.stored) == (status == 200)
    for row in ingest.stored:
        assert SECRET not in str(row.position)


async def test_a_secret_is_asked_for_each_time_and_not_printed(
    ingest: MemoryIngest, registry: CollectorRegistry, osmand_port: int
) -> None:
    ingest.access[IMEI] = SEALED
    with capture_logs() as logs:
        async with connected(osmand_port) as peer, connected(osmand_port, "127.0.0.2") as stranger:
            await peer.send(get(f"&secret={SECRET}"))
            assert (await answer(peer))[0] == 200
            await stranger.send(get("&secret=wrong-secret"))
            status, text = await answer(stranger)
    assert (status, "the device's secret" in text) == (403, True)
    assert len(ingest.stored) == 1
    assert ingest.refusals == [(IMEI, "osmand from 127.0.0.2: secret")]
    (line,) = [each for each in logs if each["event"] == "gateway.not_allowed"]
    assert (line["device"], line["address"]) == (IMEI, "127.0.0.2")
    assert "wrong-secret" not in bytes.fromhex(line["head"]).decode()
    labels = {"protocol": "osmand", "transport": "http", "reason": "not_allowed"}
    assert registry.get_sample_value("milepost_gateway_errors_total", labels) == 1


async def test_guessing_secrets_is_slowed_down(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway
) -> None:
    ingest.access[IMEI] = SEALED
    async with (
        open_at_free_ports(osmand.PROTOCOL, refusals_per_minute=3) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        statuses = []
        for number in range(5):
            await peer.send(get(f"&secret=guess-{number}"))
            statuses.append((await answer(peer))[0])
    assert statuses == [403, 403, 403, 429, 429]


@pytest.mark.parametrize(("password", "status"), [(SECRET, 200), ("wrong", 403), ("", 403)])
async def test_owntracks_shows_it_as_http_does(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway, password: str, status: int
) -> None:
    ingest.access[IMEI] = SEALED
    body = f'{{"_type":"location","topic":"owntracks/u/{IMEI}","lat":1,"lon":2,"tst":1750000000}}'
    async with (
        open_at_free_ports(owntracks.PROTOCOL) as gateway,
        connected(gateway.ports["owntracks", "http"]) as peer,
    ):
        await peer.send(post(body, basic(password) if password else ""))
        assert (await answer(peer))[0] == status


@pytest.mark.parametrize(
    ("login", "answered"),
    [
        (f"#L#{IMEI};{SECRET}\r\n", b"#AL#1\r\n"),
        (f"#L#{IMEI};wrong\r\n", b"#AL#0\r\n"),
        (f"#L#{IMEI};NA\r\n", b"#AL#0\r\n"),
        (f"#L#{IMEI}\r\n", b"#AL#0\r\n"),
    ],
)
async def test_a_tracker_shows_it_in_its_login(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway, login: str, answered: bytes
) -> None:
    ingest.access[IMEI] = SEALED
    async with (
        open_at_free_ports(wialon.PROTOCOL) as gateway,
        connected(gateway.ports["wialon", "tcp"]) as peer,
    ):
        await peer.send(login.encode())
        assert await peer.receive(7) == answered
        if answered == b"#AL#1\r\n":
            await peer.send(b"#SD#150625;120000;5230.0;N;01324.0;E;0;0;30;9\r\n")
            assert await peer.receive(8) == b"#ASD#1\r\n"
        else:
            assert await peer.rest() == b""
    assert len(ingest.stored) == (answered == b"#AL#1\r\n")


@pytest.mark.parametrize(
    ("access", "is_let_in"),
    [
        (HERE, True),
        (ELSEWHERE, False),
        (Access(protocols=("tiny", "gt06")), True),
        (Access(protocols=("gt06",)), False),
        (SEALED, False),  # tiny has no place for one
    ],
)
async def test_tcp_and_udp_are_refused_alike(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway, access: Access, is_let_in: bool
) -> None:
    ingest.access[IMEI] = access
    async with (
        open_at_free_ports(TINY) as gateway,
        connected(gateway.ports["tiny", "tcp"]) as peer,
        client_of(gateway.ports["tiny", "udp"]) as client,
    ):
        await peer.send(f"L,{IMEI}!\n".encode())
        assert await peer.receive(3) == (b"+L\n" if is_let_in else b"-L\n")
        client.send(f"P,1,{IMEI}!\n".encode())
        assert await client.answer() == (b"+P\n" if is_let_in else b"-P\n")
    assert len(ingest.stored) == is_let_in


async def test_a_device_that_was_let_in_from_here_is_not_from_elsewhere(
    ingest: MemoryIngest, osmand_port: int
) -> None:
    ingest.access[IMEI] = HERE
    async with connected(osmand_port) as peer, connected(osmand_port, "127.0.0.2") as other:
        await peer.send(get(""))
        assert (await answer(peer))[0] == 200
        await other.send(get(""))
        assert (await answer(other))[0] == 403
    assert ingest.refusals == [(IMEI, "osmand from 127.0.0.2: network")]
