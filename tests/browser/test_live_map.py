"""The live map and its list."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, sign_in
from tests.browser.pictures import pixels_of

pytestmark = pytest.mark.browser

# The states' colours of web/src/map/palette.ts, dark.
STATE_COLORS = ("#4ade9f", "#fbbf4a", "#84b6ff", "#a9b6bd")
SEEN_MIN_PX = 40


def test_a_wrong_password_is_told_and_signs_nobody_in(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill("demo@example.com")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")


def test_signing_in_goes_where_one_wanted_to(page: Page) -> None:
    page.goto("/devices")
    page.get_by_role("button", name="Sign in to the demo").click()
    expect(page).to_have_url(re.compile("/devices$"))


def test_the_list_counts_what_the_api_knows(live_page: Page, api: httpx.Client) -> None:
    vehicles = api.get("/vehicles", params={"limit": 1000}).json()["items"]
    counts = live_page.locator(".state-count").all_inner_texts()
    assert sum(int(count) for count in counts) == len(vehicles)


def test_the_map_draws_the_vehicles(live_page: Page) -> None:
    canvas = live_page.locator("canvas.maplibregl-canvas")
    live_page.wait_for_timeout(3000)
    assert sum(pixels_of(canvas, color) for color in STATE_COLORS) > SEEN_MIN_PX


def test_something_moves_without_reloading(live_page: Page) -> None:
    live_page.get_by_role("link", name="Vehicles", exact=True).click()
    live_page.get_by_role("row").nth(1).wait_for()
    places = "[...document.querySelectorAll('[role=row]')].map((row) => row.innerText).join()"
    before = live_page.evaluate(places)
    live_page.wait_for_function(f"(before) => {places} !== before", arg=before, timeout=60_000)


def test_the_connection_says_that_it_is_live(live_page: Page) -> None:
    expect(live_page.locator(".connection")).to_have_attribute("data-status", "open")


def test_searching_and_filtering_narrow_the_list(live_page: Page) -> None:
    name = live_page.locator(".fleet-row-name").first.inner_text()
    live_page.get_by_role("searchbox").fill(name)
    expect(live_page.locator(".fleet-row-name").first).to_have_text(name)
    live_page.get_by_role("searchbox").fill("no vehicle is called so")
    expect(live_page.get_by_text("No vehicle matches")).to_be_visible()


def test_a_selected_vehicle_is_in_the_address_and_can_be_followed(live_page: Page) -> None:
    live_page.get_by_role("option").first.click()
    expect(live_page).to_have_url(re.compile(r"\?vehicle="))
    follow = live_page.get_by_role("button", name="Follow")
    follow.click()
    expect(follow).to_have_attribute("aria-pressed", "true")
    live_page.reload()
    expect(live_page.get_by_role("link", name="Trips and track")).to_be_visible()


def test_an_expired_access_token_is_renewed_unseen(live_page: Page) -> None:
    live_page.evaluate(_spoil("accessToken"))
    live_page.reload()
    live_page.get_by_role("option").first.wait_for()
    expect(live_page.locator(".connection")).to_have_attribute("data-status", "open")


def test_a_session_that_is_over_leads_back_to_signing_in(live_page: Page) -> None:
    live_page.evaluate(_spoil("accessToken"))
    live_page.evaluate(_spoil("refreshToken"))
    live_page.reload()
    expect(live_page).to_have_url(re.compile("/sign-in"))


def _spoil(token: str) -> str:
    return f"""() => {{
        const session = JSON.parse(localStorage.getItem("milepost.session"));
        localStorage.setItem("milepost.session",
            JSON.stringify({{ ...session, {token}: "spoilt" }}));
    }}"""


def test_signing_out_forgets_the_session(live_page: Page) -> None:
    live_page.get_by_role("button", name="Sign out").click()
    expect(live_page).to_have_url(re.compile("/sign-in"))
    assert live_page.evaluate("localStorage.getItem('milepost.session')") is None


def test_the_theme_follows_the_system_until_one_is_chosen(new_page: NewPage) -> None:
    page = new_page(theme="light")
    sign_in(page)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Theme: system").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme: dark").click()
    expect(root).to_have_attribute("data-theme", "light")
