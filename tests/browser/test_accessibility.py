"""axe-core finds nothing on any page, in both themes, wide and narrow, with the AAA rules on."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in, vehicle_path

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
    "live": "/",
    "selected": "/",
    "vehicles": "/vehicles",
    "vehicle": "",
    "devices": "/devices",
    "missing": "/no-such-page",
}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    name: str, theme: str, size: tuple[int, int], new_page: NewPage, trip: dict[str, str]
) -> None:
    page = new_page(theme=theme, size=size)
    _open(page, name, trip)
    assert _violations(page) == []
    assert _small_targets(page) == []


def _open(page: Page, name: str, trip: dict[str, str]) -> None:
    if name == "sign in":
        page.goto("/sign-in")
        expect(page.get_by_label("Password")).to_be_visible()
        return
    sign_in(page)
    if name == "selected":
        page.get_by_role("option").first.click()
        expect(page.get_by_role("link", name="Trips and track")).to_be_visible()
    elif name != "live":
        page.goto(vehicle_path(trip) if name == "vehicle" else PAGES[name])
        expect(page.get_by_role("heading", name=_heading(name)).first).to_be_visible()


def _heading(name: str) -> str:
    headings = {
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
    """Visible buttons, inputs and links that stand by themselves and are under 44 px."""
    return list(
        page.evaluate(
            """(min) => [...document.querySelectorAll("button, input, select, summary, nav a")]
                .filter((element) => element.checkVisibility({ visibilityProperty: true }))
                .filter((element) => !element.closest(".visually-hidden"))
                .filter((element) => {
                  const box = element.getBoundingClientRect();
                  return box.width > 1 && (box.width < min - 0.5 || box.height < min - 0.5);
                })
                .map((element) => element.outerHTML.slice(0, 200))""",
            TARGET_MIN_PX,
        )
    )
