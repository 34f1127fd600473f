"""A demo server, and a Chromium that reaches nothing but the loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route, sync_playwright

from milepost.protocols import teltonika
from tests.free_ports import free_offset

CHROMIUM = "/usr/bin/chromium"
# WebGL on machines without a graphics card.
CHROMIUM_ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-sandbox",
    "--disable-background-networking",
]
START_TIMEOUT_S = 180


@pytest.fixture(scope="session")
def port_offset() -> int:
    """Of the demo's device ports; that of a running one is in MILEPOST_PORT_OFFSET."""
    if "MILEPOST_DEMO_URL" in os.environ:
        return int(os.environ.get("MILEPOST_PORT_OFFSET", "0"))
    return free_offset()


@pytest.fixture(scope="session")
def device_port(port_offset: int) -> int:
    """Where the demo listens to Teltonika devices."""
    assert teltonika.PROTOCOL.port is not None
    return teltonika.PROTOCOL.port + port_offset


@pytest.fixture(scope="session")
def demo_server(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], port_offset: int
) -> Iterator[str]:
    """The URL of a demo of its own, or of the one that MILEPOST_DEMO_URL names."""
    if running := os.environ.get("MILEPOST_DEMO_URL"):
        yield running
        return
    port, folder = free_port(), tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "milepost.cli.main", "demo", "--data", str(folder)]
    log = folder.parent / "demo.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            env={**os.environ, "MILEPOST_PORT_OFFSET": str(port_offset)},
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the demo did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, chromium_sandbox=False
        )
        yield browser
        browser.close()


class NewPage:
    """Opens pages that may only reach the loopback; at the end nothing may have gone wrong."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def __call__(
        self, theme: str = "dark", size: tuple[int, int] = (1440, 900), motion: str = "reduce"
    ) -> Page:
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce" if motion == "reduce" else "no-preference",
            timezone_id="UTC",
            locale="en-GB",
        )
        context.route("**/*", self._only_loopback)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("response", self._see)
        return page

    def _only_loopback(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            self.complaints.append(f"asked for {route.request.url}")
            route.abort()

    def _hear(self, kind: str, text: str) -> None:
        """Chromium's own notes on rendering and on refused calls are not the app's."""
        if "Failed to load resource" in text or "GPU stall" in text:
            return
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {text}")

    def _see(self, response: Response) -> None:
        """The API may refuse a call; a file of the app's own may not be missing."""
        if not response.ok and "/api/" not in response.url:
            self.complaints.append(f"{response.status} {response.url}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def new_page(chromium: Browser, demo_server: str) -> Iterator[NewPage]:
    opener = NewPage(chromium, demo_server)
    yield opener
    opener.close()
    assert opener.complaints == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture
def live_page(page: Page) -> Page:
    """The live map of the demo, signed in."""
    sign_in(page)
    return page


def sign_in(page: Page) -> None:
    """Sign in with what the demo offers, and wait for the fleet."""
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in to the demo").click()
    page.get_by_role("option").first.wait_for(timeout=30_000)


@pytest.fixture(scope="session")
def api(demo_server: str) -> Iterator[httpx.Client]:
    """The demo's HTTP API, signed in."""
    base = f"{demo_server}/api/v1"
    demo = httpx.get(f"{base}/config").json()["demo"]
    token = httpx.post(f"{base}/auth/login", json=demo).json()["accessToken"]
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture(scope="session")
def trip(api: httpx.Client) -> dict[str, str]:
    """A trip of the demo fleet that has ended; the demo makes some while it runs."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        trips = api.get("/trips", params={"limit": 1000}).raise_for_status().json()["items"]
        ended = [trip for trip in trips if trip["endTime"] is not None]
        if ended:
            return dict(ended[0])
        time.sleep(2)
    pytest.fail("the demo made no trip in two minutes")


def vehicle_path(trip: dict[str, str]) -> str:
    """The page of the vehicle on the day of a trip, with the trip picked out."""
    day = trip["startTime"][:10]
    return f"/vehicles/{trip['vehicleId']}?day={day}&part={trip['id']}"
