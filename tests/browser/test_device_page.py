"""A device's page: settings, commands, raw frames, with a device that really talks."""

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from milepost.protocols import teltonika
from tests.browser.conftest import NewPage, sign_in
from tests.browser.talking_device import TalkingDevice, eventually, talking

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
NUMBERS = itertools.count(int(time.time()) % 1_000_000 * 10)
LONG_MS = 30_000


@pytest.fixture
def device(api: httpx.Client) -> dict[str, Any]:
    """A new device in a new vehicle."""
    unique_id = f"359000{next(NUMBERS):09d}"
    vehicle = api.post("/vehicles", json={"name": f"Van {unique_id[-4:]}"}).json()
    body = {"uniqueId": unique_id, "protocol": "teltonika", "vehicleId": vehicle["id"]}
    made: dict[str, Any] = api.post("/devices", json=body).raise_for_status().json()
    return {**made, "vehicleName": vehicle["name"]}


@pytest.fixture
def talker(device: dict[str, Any], device_port: int) -> Iterator[TalkingDevice]:
    """The device, standing somewhere and talking."""
    with talking(device_port, device["uniqueId"]) as talker:
        yield talker


@pytest.fixture
def device_page(live_page: Page, device: dict[str, Any]) -> Page:
    opened(live_page, device)
    return live_page


def opened(page: Page, device: dict[str, Any]) -> None:
    page.goto(f"/devices/{device['id']}")
    expect(page.get_by_role("heading", name="Raw frames")).to_be_visible()


def test_the_table_of_devices_and_the_vehicle_lead_to_the_page(
    live_page: Page, device: dict[str, Any]
) -> None:
    live_page.goto("/devices")
    live_page.get_by_role("link", name=device["uniqueId"]).click()
    expect(live_page.get_by_role("heading", name=device["uniqueId"])).to_be_visible()
    live_page.get_by_role("link", name=device["vehicleName"]).click()
    live_page.get_by_role("link", name=f"Commands for device {device['uniqueId']}").click()
    expect(live_page).to_have_url(re.compile(f"/devices/{device['id']}#commands"))
    expect(live_page.get_by_role("heading", name="Commands")).to_be_in_viewport()


def test_settings_are_saved_and_not_left_behind_unasked(
    device_page: Page, device: dict[str, Any], api: httpx.Client
) -> None:
    device_page.get_by_label("Name").fill("Tracker of the van")
    device_page.get_by_role("link", name="Vehicles", exact=True).click()
    asked = device_page.get_by_role("alertdialog", name="Leave without saving?")
    stay = asked.get_by_role("button", name="Stay here")
    expect(stay).to_be_focused()
    stay.click()
    device_page.get_by_label("Protocol", exact=True).select_option("gt06")
    device_page.get_by_label("Time zone").fill("+01:00")
    device_page.get_by_role("button", name="Save").click()
    expect(device_page.get_by_role("heading", name="Tracker of the van")).to_be_visible()
    kept = api.get(f"/devices/{device['id']}").json()
    assert (kept["protocol"], kept["options"]) == ("gt06", {"timeZone": "+01:00"})
    device_page.get_by_role("link", name="Vehicles", exact=True).click()
    expect(device_page).to_have_url(re.compile("/vehicles$"))


def test_who_may_speak_for_a_device_is_set_and_its_claim_is_shown(
    device_page: Page, device: dict[str, Any], api: httpx.Client
) -> None:
    expect(device_page.get_by_text("It has not called yet.")).to_be_visible()
    expect(device_page.get_by_text("have no way to show a secret")).to_be_visible()
    device_page.get_by_label("Protocol", exact=True).select_option("osmand")
    device_page.get_by_label("Allowed protocols").fill("osmand")
    device_page.get_by_label("Allowed networks").fill("192.0.2.1/24")
    device_page.get_by_label("Secret", exact=True).fill("correct-horse")
    save = device_page.get_by_role("button", name="Save")
    save.click()
    expect(device_page.get_by_text("without bits beyond the mask").first).to_be_visible()
    device_page.get_by_label("Allowed networks").fill("192.0.2.0/24, 198.51.100.7")
    save.click()
    expect(device_page.get_by_label("New secret")).to_have_value("")
    kept = api.get(f"/devices/{device['id']}").json()
    assert kept["allowedNetworks"] == ["192.0.2.0/24", "198.51.100.7/32"]
    assert (kept["allowedProtocols"], kept["hasSecret"]) == (["osmand"], True)
    device_page.get_by_label("Ask for the secret").click(force=True)
    save.click()
    expect(device_page.get_by_label("Secret", exact=True)).to_be_visible()
    assert not api.get(f"/devices/{device['id']}").json()["hasSecret"]


def test_what_someone_else_changed_meanwhile_is_not_overwritten_unseen(
    device_page: Page, device: dict[str, Any], api: httpx.Client
) -> None:
    name = device_page.get_by_label("Name")
    name.fill("Mine")
    api.patch(f"/devices/{device['id']}", json={"name": "Theirs"}).raise_for_status()
    save = device_page.get_by_role("button", name="Save")
    save.click()
    expect(device_page.get_by_role("alert")).to_contain_text("Someone else changed this device")
    expect(name).to_have_value("Mine")
    save.click()
    expect(device_page.get_by_role("heading", name="Mine")).to_be_visible()


def test_a_device_is_deleted_after_a_question(
    device_page: Page, device: dict[str, Any], api: httpx.Client
) -> None:
    ask = device_page.get_by_role("button", name="Delete the device…")
    ask.click()
    device_page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    ask.click()
    device_page.get_by_role("button", name="Delete", exact=True).click()
    expect(device_page).to_have_url(re.compile("/devices$"))
    assert api.get(f"/devices/{device['id']}").status_code == httpx.codes.NOT_FOUND


def test_a_command_is_sent_and_the_devices_reply_appears(
    device_page: Page, talker: TalkingDevice
) -> None:
    device_page.get_by_label("Command", exact=True).select_option("custom_text")
    device_page.get_by_role("button", name="Send").click()
    expect(device_page.get_by_text("This is needed.")).to_be_visible()
    device_page.get_by_label("Text", exact=True).fill("getver")
    device_page.get_by_role("button", name="Send").click()
    told = device_page.get_by_role("listitem").filter(has_text="Text: getver")
    expect(told.get_by_role("status")).to_have_text("Done", timeout=LONG_MS)
    expect(told).to_contain_text("Done: getver")
    told.get_by_text("Every change").click()
    expect(told.get_by_role("listitem").filter(has_text="Sent")).to_be_visible()
    assert talker.told == ["getver"]


def test_a_command_that_waits_can_be_taken_back(device_page: Page) -> None:
    device_page.get_by_role("button", name="Send").click()
    waiting = device_page.get_by_role("listitem").filter(has_text="Report the position now")
    expect(waiting.get_by_role("status")).to_have_text("Waiting")
    waiting.get_by_role("button", name="Take back").click()
    expect(waiting.get_by_role("status")).to_have_text("Taken back")


def test_an_engine_stop_needs_its_confirmation(
    device_page: Page, device: dict[str, Any], talker: TalkingDevice
) -> None:
    begin = device_page.get_by_role("button", name="Stop the engine…")
    begin.click()
    dialog = device_page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(device["vehicleName"])
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog).to_contain_text("0 km/h", timeout=LONG_MS)
    dialog.get_by_role("button", name="Go on…").click()
    stop = dialog.get_by_role("button", name="Stop the engine", exact=True)
    expect(stop).to_be_disabled()
    assert not [text for text in talker.told if text.startswith("setdigout")]
    device_page.keyboard.press("Space")
    stop.click()
    expect(dialog).to_be_hidden()
    expect(begin).to_be_focused()
    told = device_page.get_by_role("listitem").filter(has_text="Stop the engine")
    expect(told.get_by_role("status")).to_have_text("Done", timeout=LONG_MS)
    assert [text for text in talker.told if text.startswith("setdigout")]


def test_an_output_that_the_engine_hangs_on_asks_like_an_engine_stop(device_page: Page) -> None:
    device_page.get_by_label("Command", exact=True).select_option("output_on")
    device_page.get_by_role("button", name="Send").click()
    dialog = device_page.get_by_role("alertdialog", name="Stop the engine: are you sure?")
    expect(dialog).to_contain_text("Switch output 1 on")
    device_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(device_page.get_by_text("It has not been told anything yet.")).to_be_visible()


def test_a_moving_vehicle_refuses_an_engine_stop_in_words(
    device_page: Page, device: dict[str, Any], device_port: int, api: httpx.Client
) -> None:
    path = f"/vehicles/{device['vehicleId']}"
    with talking(device_port, device["uniqueId"], speed_kmh=72.0):
        eventually(lambda: api.get(path).json()["lastPosition"] is not None)
        device_page.get_by_role("button", name="Stop the engine…").click()
        dialog = device_page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("72 km/h", timeout=LONG_MS)
        dialog.get_by_role("button", name="Go on…").click()
        expect(dialog.get_by_role("alert")).to_contain_text("moves at 72 km/h")


def test_who_may_not_send_sees_why(
    new_page: NewPage, device: dict[str, Any], api: httpx.Client
) -> None:
    email = f"viewer-{device['id']}@example.com"
    user = {"email": email, "name": "Viewer", "password": PASSWORD, "role": "viewer"}
    api.post("/users", json=user).raise_for_status()
    page = new_page()
    page.goto(f"/sign-in?next=/devices/{device['id']}")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Your role, viewer, may see commands, not send any.")).to_be_visible()
    expect(page.get_by_text("Your role, viewer, may look at devices")).to_be_visible()
    expect(page.get_by_text("Your role, viewer, may not look into what")).to_be_visible()
    expect(page.get_by_role("button", name="Stop the engine…")).to_have_count(0)


def test_a_protocol_without_commands_says_so(live_page: Page, api: httpx.Client) -> None:
    body = {"uniqueId": f"phone-{next(NUMBERS)}", "protocol": "osmand"}
    opened(live_page, api.post("/devices", json=body).json())
    expect(live_page.get_by_text("This device takes no commands")).to_be_visible()


def test_frames_appear_while_the_device_talks(
    device_page: Page, device: dict[str, Any], talker: TalkingDevice, api: httpx.Client
) -> None:
    page = device_page
    expect(page.get_by_text("No frames are kept")).to_be_visible()
    page.get_by_text("Keep frames of this device").click()
    row = page.get_by_role("row").filter(has_text="latitude: 52.52°").first
    expect(row).to_be_visible(timeout=LONG_MS)
    expect(row).to_contain_text("speed: 0 km/h")
    expect(page.get_by_role("row").filter(has_text="login").first).to_contain_text("→ in")
    page.get_by_role("radio", name="Out").click()
    expect(page.get_by_role("row").filter(has_text="→ in")).to_have_count(0)
    page.get_by_role("radio", name="Errors").click()
    expect(page.get_by_text("None of them is of this kind.")).to_be_visible()
    page.get_by_role("radio", name="All").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("; paused")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as JSON lines").click()
    expect(page.get_by_text("milepost decode teltonika reads them")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert all('"transport":"tcp"' in line for line in lines)
    talker.end()
    page.get_by_role("button", name="Clear…").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    assert api.get(f"/devices/{device['id']}/frames").json()["items"] == []


def test_a_device_that_is_not_there_is_told(live_page: Page) -> None:
    live_page.goto("/devices/00000000-0000-7000-8000-00000000dead")
    expect(live_page.get_by_text("The device could not be loaded")).to_be_visible()


def test_a_device_at_another_protocols_port_is_pointed_out(
    new_page: NewPage, device: dict[str, Any], talker: TalkingDevice, api: httpx.Client
) -> None:
    path = f"/devices/{device['id']}"
    eventually(lambda: api.get(path).json()["lastProtocol"] == teltonika.PROTOCOL.name)
    api.patch(path, json={"protocol": "h02"}).raise_for_status()
    page = new_page()
    sign_in(page)
    opened(page, device)
    expect(page.get_by_text("It last spoke teltonika")).to_be_visible()
