"""Which device of a vehicle counts: seen, warned of, and changed from now on and in the past."""

import itertools
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.conftest import NewPage
from tests.browser.talking_device import eventually, talking

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
NUMBERS = itertools.count(int(time.time()) % 1_000_000 * 10)
LONG_MS = 30_000
# Nothing but what has been drawn anew makes the page ask for the trips of a day in the past again.
PAST_DAY = "2001-01-01"


@pytest.fixture
def vehicle(api: httpx.Client) -> dict[str, Any]:
    """A vehicle with two devices: First, which counts, and Second."""
    made: dict[str, Any] = api.post("/vehicles", json={"name": "Van of two"}).json()
    for name in ("First", "Second"):
        body = {"uniqueId": f"358000{next(NUMBERS):09d}", "protocol": "teltonika"}
        device = api.post("/devices", json=body | {"vehicleId": made["id"]}).raise_for_status()
        path = f"/devices/{device.json()['id']}"
        made[name] = api.patch(path, json={"name": name}).raise_for_status().json()
    return made


@pytest.fixture
def second_talks(vehicle: dict[str, Any], device_port: int, api: httpx.Client) -> Iterator[None]:
    """Second has been heard, and First never."""
    path = f"/devices/{vehicle['Second']['id']}"
    with talking(device_port, vehicle["Second"]["uniqueId"], speed_kmh=50.0):
        eventually(lambda: api.get(path).json()["lastSeenTime"] is not None)
        yield


def opened(page: Page, vehicle: dict[str, Any]) -> Locator:
    """The vehicle's page, and on it the list of devices."""
    page.goto(f"/vehicles/{vehicle['id']}?day={PAST_DAY}")
    devices = page.get_by_role("list", name="Devices")
    expect(devices).to_contain_text("first in the vehicle", timeout=LONG_MS)
    return devices


def line(devices: Locator, name: str) -> Locator:
    return devices.get_by_role("listitem").filter(has_text=f"Device {name}")


def primary(api: httpx.Client, vehicle: dict[str, Any]) -> dict[str, str]:
    items = api.get(f"/vehicles/{vehicle['id']}/primary-devices").json()["items"]
    return dict(items[0])


@pytest.mark.usefixtures("second_talks")
def test_a_silent_device_is_warned_of_and_another_counts_from_now_on(
    live_page: Page, vehicle: dict[str, Any], api: httpx.Client
) -> None:
    page, devices = live_page, opened(live_page, vehicle)
    expect(line(devices, "First")).to_contain_text("Counts for trips and totals since")
    expect(line(devices, "Second")).to_contain_text("Adds what it measures")
    warning = page.get_by_text("The device that counts was never heard; Second still reports.")
    expect(warning).to_be_visible()
    expect(page.get_by_role("button", name="Let Second count…")).to_be_visible()
    begin = line(devices, "Second").get_by_role("button")
    begin.click()
    page.keyboard.press("Escape")
    expect(begin).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog", name="Let Second count")
    expect(dialog.get_by_role("radio", name="From now on")).to_be_focused()
    dialog.get_by_role("button", name="Let it count").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Second counts now.")).to_be_focused()
    expect(line(devices, "Second")).to_contain_text("chosen")
    expect(line(devices, "First")).to_contain_text("Adds what it measures")
    expect(warning).to_be_hidden()
    assert primary(api, vehicle)["deviceId"] == vehicle["Second"]["id"]


@pytest.mark.usefixtures("second_talks")
def test_history_is_drawn_anew_after_a_question_and_the_page_follows(
    live_page: Page, vehicle: dict[str, Any], api: httpx.Client
) -> None:
    page, devices = live_page, opened(live_page, vehicle)
    now = datetime.now(UTC)
    since = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    line(devices, "Second").get_by_role("button").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("radio", name="From now on")).to_be_focused()
    page.keyboard.press("ArrowDown")
    field = dialog.get_by_label("Since", exact=True)
    field.fill(f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("The time must be in the past.")).to_be_visible()
    field.fill(f"{since:%Y-%m-%dT%H:%M}")
    page.keyboard.press("Enter")
    question = re.compile(r"Folding \d+ positions \(devices: 1, vehicles: 1\)")
    expect(dialog).to_contain_text(question)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert primary(api, vehicle)["deviceId"] == vehicle["First"]["id"]
    with page.expect_request(_asks_for_trips, timeout=LONG_MS):
        dialog.get_by_role("button", name="Draw history anew").click()
        told = page.get_by_role("status").filter(has_text="have been drawn anew")
        expect(told).to_be_visible(timeout=LONG_MS)
    expect(line(devices, "Second")).to_contain_text("chosen")
    counts = primary(api, vehicle)
    assert counts["deviceId"] == vehicle["Second"]["id"]
    assert datetime.fromisoformat(counts["fromTime"]) == since
    asked = api.get("/reprocessings", params={"limit": 1}).json()["items"][0]
    assert (asked["vehicleId"], asked["finishedTime"] is None) == (vehicle["id"], False)


def test_a_device_that_has_left_meanwhile_is_refused_in_words(
    live_page: Page, vehicle: dict[str, Any], api: httpx.Client
) -> None:
    line(opened(live_page, vehicle), "Second").get_by_role("button").click()
    path = f"/devices/{vehicle['Second']['id']}"
    api.patch(path, json={"vehicleId": None}).raise_for_status()
    dialog = live_page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Let it count").click()
    expect(dialog.get_by_role("alert")).to_contain_text("a device that is in the vehicle")


def test_who_may_not_edit_vehicles_sees_what_counts_alone(
    new_page: NewPage, vehicle: dict[str, Any], api: httpx.Client
) -> None:
    email = f"viewer-{vehicle['id']}@example.com"
    user = {"email": email, "name": "Viewer", "password": PASSWORD, "role": "viewer"}
    api.post("/users", json=user).raise_for_status()
    page = new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("option").first.wait_for()
    devices = opened(page, vehicle)
    expect(line(devices, "Second")).to_contain_text("Adds what it measures")
    expect(devices.get_by_role("button")).to_have_count(0)


def _asks_for_trips(request: Request) -> bool:
    return "/trips?" in request.url and f"from={PAST_DAY}" in request.url
