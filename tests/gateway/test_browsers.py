"""Any web page can make its visitor's browser send a request; none of them counts as a tracker's.

The headers are those that Chromium 156 sent to a name that is not localhost.
"""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from milepost.gateway.browsers import is_request
from milepost.protocols import osmand, wialon
from tests.gateway.conftest import IMEI, OpenGateway, connected
from tests.gateway.memory_ingest import MemoryIngest
from tests.gateway.test_http import answer

AGENT = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/156.0.0.0 Safari/537.36"
)
PICTURE = (AGENT, "Accept: image/avif,image/webp,*/*;q=0.8", "Accept-Language: en-US,en;q=0.9")


@pytest.mark.parametrize(
    ("headers", "shown_by"),
    [
        # What is left of a picture's GET over plain HTTP once the page forbids the Referer.
        (PICTURE, "user-agent"),
        (("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"), "sec-fetch-site"),
        (("Referer: http://page.example/",), "referer"),
        (("Origin: null",), "origin"),
        (("Sec-Purpose: prefetch",), "sec-purpose"),
        (("Upgrade-Insecure-Requests: 1",), "upgrade-insecure-requests"),
        (("Access-Control-Request-Method: GET",), "access-control-request-method"),
    ],
)
async def test_a_browser_is_refused_and_counted(
    ingest: MemoryIngest,
    registry: CollectorRegistry,
    open_at_free_ports: OpenGateway,
    headers: tuple[str, ...],
    shown_by: str,
) -> None:
    lines = "".join(f"{header}\r\n" for header in headers)
    async with (
        open_at_free_ports(osmand.PROTOCOL) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(f"GET /?id={IMEI}&lat=1&lon=2 HTTP/1.1\r\nHost: m\r\n{lines}\r\n".encode())
        status, text = await answer(peer)
        assert await peer.rest() == b""
    assert status == 403
    assert shown_by in text
    assert ingest.opened == []
    labels = {"protocol": "osmand", "transport": "http", "reason": "browser"}
    assert registry.get_sample_value("milepost_gateway_errors_total", labels) == 1


@pytest.mark.parametrize(
    "headers",
    [
        # Traccar Client on Android and iOS, OsmAnd, OwnTracks, GPSLogger, a modem, a script.
        ("User-Agent: Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)", "Connection: x"),
        ("User-Agent: TraccarClient/8.1 CFNetwork/1485 Darwin/23.1.0", "Accept-Language: en-GB"),
        ("User-Agent: OsmAnd", "Accept-Encoding: gzip"),
        ("User-Agent: Owntracks-Android/gms/420412000", "X-Limit-U: u", "X-Limit-D: d"),
        ("User-Agent: okhttp/4.12.0", "Content-Type: application/json"),
        ("User-Agent: SIMCOM_MODULE",),
        ("User-Agent: curl/8.5.0", "Accept: */*"),
        (),
    ],
)
async def test_trackers_and_phone_apps_are_not(
    ingest: MemoryIngest, open_at_free_ports: OpenGateway, headers: tuple[str, ...]
) -> None:
    lines = "".join(f"{header}\r\n" for header in headers)
    async with (
        open_at_free_ports(osmand.PROTOCOL) as gateway,
        connected(gateway.ports["osmand", "http"]) as peer,
    ):
        await peer.send(f"GET /?id={IMEI}&lat=1&lon=2 HTTP/1.1\r\nHost: m\r\n{lines}\r\n".encode())
        assert (await answer(peer))[0] == 200


async def test_a_page_cannot_post_the_frames_of_another_protocol(
    ingest: MemoryIngest, registry: CollectorRegistry, open_at_free_ports: OpenGateway
) -> None:
    """A codec that finds its next frame would read them out of the body."""
    frames = f"#L#{IMEI};NA\r\n#SD#150625;120000;5230.0;N;01324.0;E;0;0;30;9\r\n"
    head = f"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: {len(frames)}\r\n\r\n"
    async with (
        open_at_free_ports(wialon.PROTOCOL) as gateway,
        connected(gateway.ports["wialon", "tcp"]) as peer,
    ):
        await peer.send((head + frames).encode())
        assert await peer.rest() == b""
    assert ingest.opened == []
    labels = {"protocol": "wialon", "transport": "tcp", "reason": "browser"}
    assert registry.get_sample_value("milepost_gateway_errors_total", labels) == 1


def test_no_captured_frame_looks_like_a_request() -> None:
    captures = Path(__file__).resolve().parents[1] / "vectors"
    text = "".join(each.read_text(errors="replace") for each in captures.rglob("*.json*"))
    assert text
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        assert f"{method} /".encode().hex() not in text.replace(" ", "").lower()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"POST /a?b=c HTTP/1.0\n", True),
        (b"GETAWAY,1,2\r\n", False),
        (b"POST", False),
        (b"", False),
    ],
)
def test_what_looks_like_a_request(data: bytes, expected: bool) -> None:
    assert is_request(data) is expected
