"""A vehicle's day: trips, stops, playback."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import vehicle_path
from tests.browser.pictures import pixels_of

pytestmark = pytest.mark.browser

# The picked part's colour of web/src/map/palette.ts, dark.
HIGHLIGHT = "#ffd166"
SEEN_MIN_PX = 40


@pytest.fixture
def vehicle_page(live_page: Page, trip: dict[str, str]) -> Page:
    live_page.goto(vehicle_path(trip))
    live_page.get_by_role("row").nth(1).wait_for()
    return live_page


def test_a_trip_is_listed_drawn_and_explained(vehicle_page: Page) -> None:
    expect(vehicle_page.get_by_role("row", name="Trip 1", exact=True)).to_be_visible()
    expect(vehicle_page.get_by_role("heading", name="Why it began")).to_be_visible()
    expect(vehicle_page.get_by_role("heading", name="Why it ended")).to_be_visible()
    vehicle_page.wait_for_timeout(3000)
    canvas = vehicle_page.locator("canvas.maplibregl-canvas")
    assert pixels_of(canvas, HIGHLIGHT) > SEEN_MIN_PX


def test_picking_another_row_changes_the_address(vehicle_page: Page) -> None:
    before = vehicle_page.url
    rows = vehicle_page.locator(".part")
    other = rows.filter(has_not=vehicle_page.locator("xpath=self::*[@aria-selected='true']"))
    if other.count() == 0:
        pytest.skip("the day has one part only")
    other.last.click()
    expect(vehicle_page).not_to_have_url(before)


def test_playback_runs_pauses_and_is_steered_by_keys(vehicle_page: Page) -> None:
    slider = vehicle_page.get_by_role("slider", name="Time of the day")
    slider.focus()
    start = int(slider.input_value())
    vehicle_page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) > start
    vehicle_page.keyboard.press("Space")
    expect(vehicle_page.get_by_role("button", name="Pause")).to_be_visible()
    at = slider.input_value()
    expect(slider).not_to_have_value(at)
    vehicle_page.keyboard.press("Space")
    expect(vehicle_page.get_by_role("button", name="Play")).to_be_visible()


def test_the_chart_has_a_table_beside_it(vehicle_page: Page) -> None:
    vehicle_page.get_by_text("Speed as a table").click()
    expect(vehicle_page.get_by_role("table", name="Speed every ten minutes")).to_be_visible()


def test_a_day_without_reports_says_so(vehicle_page: Page) -> None:
    vehicle_page.get_by_label("Day", exact=True).fill("2001-01-01")
    expect(vehicle_page.get_by_text("No reports on this day")).to_be_visible()


def test_the_track_can_be_downloaded(vehicle_page: Page) -> None:
    vehicle_page.get_by_role("button", name="Download the day's track").click()
    with vehicle_page.expect_download() as download:
        vehicle_page.get_by_role("menuitem", name="GPX").click()
    assert download.value.suggested_filename.endswith(".gpx")
    assert "<gpx" in download.value.path().read_text()


def test_a_vehicle_that_is_not_there_is_told(live_page: Page) -> None:
    live_page.goto("/vehicles/00000000-0000-7000-8000-00000000dead")
    expect(live_page.get_by_text("The vehicle could not be loaded")).to_be_visible()
