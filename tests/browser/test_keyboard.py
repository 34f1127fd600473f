"""Everything can be done without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import pixels_of

pytestmark = pytest.mark.browser

TABS_MAX = 30


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on what the selector names, and see that the focus shows."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    pytest.fail(f"{selector} is not reached by {TABS_MAX} tabs")


def test_from_signing_in_to_a_vehicles_day(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in to the demo").wait_for()
    tab_to(page, "button")
    page.keyboard.press("Enter")
    page.get_by_role("option").first.wait_for()
    tab_to(page, "[role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?vehicle="))
    page.get_by_role("link", name="Trips and track").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/vehicles/"))


def test_the_skip_link_comes_first_and_skips(live_page: Page) -> None:
    live_page.reload()
    live_page.get_by_role("option").first.wait_for()
    live_page.keyboard.press("Tab")
    skip = live_page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    live_page.keyboard.press("Enter")
    expect(live_page.locator("main")).to_be_focused()


def test_arrow_keys_pan_the_map(live_page: Page) -> None:
    canvas = live_page.locator("canvas.maplibregl-canvas")
    live_page.wait_for_timeout(2000)
    canvas.focus()
    for _ in range(12):
        live_page.keyboard.press("ArrowRight")
        live_page.wait_for_timeout(350)
    colors = ("#4ade9f", "#fbbf4a", "#84b6ff")
    assert sum(pixels_of(canvas, color) for color in colors) == 0


def test_the_table_of_vehicles_sorts_and_opens_by_keys(live_page: Page) -> None:
    live_page.goto("/vehicles")
    live_page.get_by_role("row").nth(1).wait_for()
    header = live_page.get_by_role("columnheader", name="Speed")
    header.focus()
    live_page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    live_page.get_by_role("row").nth(1).focus()
    live_page.keyboard.press("Enter")
    expect(live_page).to_have_url(re.compile("/vehicles/"))
