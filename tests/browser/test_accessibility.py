"""axe-core finds nothing on any page, in both themes, wide and narrow, with the AAA rules on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in, vehicle_path
from tests.browser.talking_device import eventually, talking

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": [
            "wcag2a",
            "wcag2aa",
            "wcag2aaa",
            "wcag21a",
            "wcag21aa",
            "wcag22aa",
            "best-practice",
        ],
    },
    "rules": {
        "color-contrast-enhanced": {"enabled": True},
        "target-size": {"enabled": True},
        "identical-links-same-purpose": {"enabled": True},
    },
}
WIDE, NARROW = (1440, 900), (390, 844)
TARGET_MIN_PX = 44

PAGES = {
    "sign in": "/sign-in",
    "forgotten": "/sign-in",
    "account": "/account",
    "live": "/",
    "selected": "/",
    "vehicles": "/vehicles",
    "vehicle": "",
    "devices": "/devices",
    "device": "",
    "engine stop": "",
    "missing": "/no-such-page",
}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    name: str,
    theme: str,
    size: tuple[int, int],
    new_page: NewPage,
    trip: dict[str, str],
    watched: str,
) -> None:
    page = new_page(theme=theme, size=size)
    if name in ("device", "engine stop"):
        _open_device(page, watched, stopping=name == "engine stop")
    else:
        _open(page, name, trip)
    if name not in ("sign in", "forgotten", "missing"):
        # Until then the page is being made.
        expect(page.locator("[data-status=open]")).to_be_attached()
    assert _violations(page) == []
    assert _small_targets(page) == []


@pytest.fixture(scope="session")
def watched(api: httpx.Client, device_port: int) -> Iterator[str]:
    """The path of a device that talks, whose frames are kept and that has been told something."""
    body = {"uniqueId": "359000999999999", "protocol": "teltonika", "keepFrames": True}
    found = [
        each
        for each in api.get("/devices", params={"limit": 1000}).json()["items"]
        if each["uniqueId"] == body["uniqueId"]
    ]
    device = found[0] if found else api.post("/devices", json=body).raise_for_status().json()
    path = f"/devices/{device['id']}"
    api.post(f"{path}/commands", json={"command": {"kind": "position_now"}})
    with talking(device_port, device["uniqueId"]):
        eventually(lambda: bool(api.get(f"{path}/frames").json()["items"]))
        yield path


def _open_device(page: Page, path: str, *, stopping: bool) -> None:
    sign_in(page)
    page.goto(path)
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    expect(page.get_by_text("Every change").first).to_be_visible(timeout=30_000)
    if stopping:
        page.get_by_role("button", name="Stop the engine…").click()
        page.get_by_role("button", name="Go on…").click()
        expect(page.get_by_role("checkbox")).to_be_focused()


def _open(page: Page, name: str, trip: dict[str, str]) -> None:
    if name == "sign in":
        page.goto("/sign-in")
        expect(page.get_by_label("Password")).to_be_visible()
        return
    if name == "forgotten":
        page.goto("/sign-in")
        page.get_by_role("button", name="Forgotten your password?").click()
        expect(page.get_by_label("New password")).to_be_visible()
        return
    sign_in(page)
    if name == "selected":
        page.get_by_role("option").first.click()
        expect(page.get_by_role("link", name="Trips and track")).to_be_visible()
    elif name != "live":
        page.goto(vehicle_path(trip) if name == "vehicle" else PAGES[name])
        expect(page.get_by_role("heading", name=_heading(name)).first).to_be_visible()
    if name == "devices":
        # While its lists are still coming the page moves under axe's eyes.
        expect(page.get_by_role("row").nth(1)).to_be_visible()
        page.wait_for_load_state("networkidle")
    if name == "account":
        expect(page.get_by_text("This one")).to_be_visible()


def _heading(name: str) -> str:
    headings = {
        "account": "Signed in",
        "vehicles": "Vehicles",
        "vehicle": "Why it began",
        "devices": "Registered",
        "missing": "There is no such page",
    }
    return headings[name]


def _violations(page: Page) -> list[dict[str, Any]]:
    page.evaluate(AXE.read_text())
    result = page.evaluate(f"axe.run(document, {json.dumps(OPTIONS)})")
    return [
        {"rule": found["id"], "nodes": [node["html"][:200] for node in found["nodes"]]}
        for found in result["violations"]
    ]


def _small_targets(page: Page) -> list[str]:
    """Visible buttons, inputs and links that stand by themselves and are under 44 px.

    What is inside a label is hit with it.
    """
    return list(
        page.evaluate(
            """(min) => [...document.querySelectorAll("button, input, select, summary, nav a")]
                .filter((element) => element.checkVisibility({ visibilityProperty: true }))
                .filter((element) => !element.closest(".visually-hidden"))
                .filter((element) => {
                  const box = (element.closest("label") ?? element).getBoundingClientRect();
                  return box.width > 1 && (box.width < min - 0.5 || box.height < min - 0.5);
                })
                .map((element) => element.outerHTML.slice(0, 200))""",
            TARGET_MIN_PX,
        )
    )
