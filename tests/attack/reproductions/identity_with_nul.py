"""Finding 1: an identity with a NUL, over HTTP, UDP and TCP, from somebody whom nobody knows."""

import socket

import httpx

from tests.attack.captures import PROTOCOLS
from tests.attack.part import Plan
from tests.attack.reproductions.finding import Finding, Tried, conversation, still_serves
from tests.attack.stand import Stand

SUNTECH = (
    b"ST910;Location;205576\x0003;500;20170312;12:56:52;-22.846014;-046.322176;000.000;000.00;"
    b"0;3.8;0;0;0019"
)
WIALON = (
    b"#L#35000\x0000001;NA\r\n#D#270413;205601;5544.6025;N;03739.6834;E;1;2;3;4;0.0;0;0;;NA;NA\r\n"
)
QUERIES = ("/?id=%00&lat=1&lon=1", "/?id=a%00b&lat=1&lon=1", "/?deviceid=%00&lat=1&lon=1")
BODIES = (
    '{"device_id":"\\u0000","location":{"timestamp":"2026-01-01T00:00:00Z",'
    '"coords":{"latitude":1,"longitude":1}}}',
    '{"device_id":"\\ud800","location":{"timestamp":"2026-01-01T00:00:00Z",'
    '"coords":{"latitude":1,"longitude":1}}}',
    "id=%00&lat=1&lon=1",
)


def port_of(name: str, attacked: Stand) -> int:
    port = PROTOCOLS[name].port
    assert port is not None
    return port + attacked.port_offset


async def run(attacked: Stand, plan: Plan) -> Tried:
    del plan
    tried = Tried(tries=len(QUERIES) + len(BODIES) + 2)
    url = f"http://127.0.0.1:{port_of('osmand', attacked)}"
    async with httpx.AsyncClient(timeout=20) as client:
        for query in QUERIES:
            await _sent(client.get(url + query))
        for body in BODIES:
            await _sent(client.post(url, content=body))
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(SUNTECH, ("127.0.0.1", port_of("suntech", attacked)))
    await _sent(conversation(port_of("wialon", attacked), WIALON))
    await still_serves(attacked, tried)
    return tried


async def _sent(request: "object") -> None:
    try:
        await request  # type: ignore[misc]
    except (httpx.TransportError, OSError):
        return


FINDING = Finding(
    number=1,
    promise="An identity with a NUL or half a surrogate ends nothing.",
    run=run,
)
