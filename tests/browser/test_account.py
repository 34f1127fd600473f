"""Signing in with a second factor, and the page of one's own account."""

import itertools
import re
import time
from collections.abc import Callable
from datetime import datetime

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
NEW_PASSWORD = "a wholly other sentence"
NUMBERS = itertools.count(int(time.time()))

LONG_MS = 30_000

NewUser = Callable[[], str]


@pytest.fixture
def new_user(api: httpx.Client) -> NewUser:
    """Makes a viewer of the demo; their e-mail address."""

    def make() -> str:
        email = f"viewer{next(NUMBERS)}@example.org"
        body = {"email": email, "name": "Vera", "password": PASSWORD, "role": "viewer"}
        api.post("/users", json=body).raise_for_status()
        return email

    return make


def type_password(page: Page, email: str, password: str = PASSWORD) -> None:
    # Past the map, whose drawing is not what is tested here.
    page.goto("/sign-in?next=/account")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def open_account(page: Page, email: str, password: str = PASSWORD) -> None:
    type_password(page, email, password)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible(timeout=LONG_MS)


def enrol(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on: what the authenticator then has, and the recovery codes."""
    page.get_by_role("button", name="Turn on…").click()
    password = page.get_by_label("Your password")
    expect(password).to_be_focused()
    password.fill(PASSWORD)
    password.press("Enter")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    key = page.locator(".account-key").inner_text().replace(" ", "")
    authenticator = pyotp.TOTP(key)
    page.get_by_label("Code").fill(authenticator.now())
    page.keyboard.press("Enter")
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    return authenticator, codes.all_inner_texts()


def unused_code(authenticator: pyotp.TOTP) -> str:
    """The code of the step after the present one, which the server takes and has not seen."""
    return authenticator.at(datetime.now(), counter_offset=1)  # noqa: DTZ005 - pyotp wants local


def test_sign_in_with_an_authenticator_by_keyboard(
    page: Page, new_page: NewPage, new_user: NewUser
) -> None:
    email = new_user()
    open_account(page, email)
    authenticator, recovery = enrol(page)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("On. 10 of 10 recovery codes are left.")).to_be_visible()

    other = new_page()
    type_password(other, email)
    code = other.get_by_label("Code")
    expect(code).to_be_focused()
    code.fill("000000")
    code.press("Enter")
    expect(other.get_by_role("alert")).to_contain_text("This code is wrong")
    code.fill(unused_code(authenticator))
    code.press("Enter")
    expect(other.get_by_role("heading", name="Your account")).to_be_visible()

    third = new_page()
    type_password(third, email)
    third.get_by_role("button", name="Use a recovery code").click()
    field = third.get_by_label("Recovery code")
    expect(field).to_be_focused()
    field.fill(recovery[0].lower())
    field.press("Enter")
    expect(third.get_by_text("On. 9 of 10 recovery codes are left.")).to_be_visible()

    third.get_by_role("button", name="Turn off…").click()
    dialog = third.get_by_role("alertdialog", name="Turn off the second factor?")
    expect(dialog.get_by_label("Your password")).to_be_focused()
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_label("Code").fill(recovery[1])
    dialog.get_by_role("button", name="Turn off").click()
    expect(third.get_by_role("button", name="Turn on…")).to_be_visible()


def test_the_password_is_changed_and_other_sessions_end(
    page: Page, new_page: NewPage, new_user: NewUser
) -> None:
    email = new_user()
    open_account(page, email)
    other = new_page()
    open_account(other, email)
    page.get_by_label("Present password").fill("not my password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("This is not your present password.")).to_be_visible()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill("iloveyou")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("known passwords")).to_be_visible()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    expect(page.get_by_text("This one")).to_be_visible()
    other.reload()
    expect(other).to_have_url(re.compile("/sign-in"))
    open_account(other, email, NEW_PASSWORD)


def test_another_session_is_seen_and_ended(
    page: Page, new_page: NewPage, new_user: NewUser
) -> None:
    email = new_user()
    other = new_page()
    open_account(other, email)
    open_account(page, email)
    sessions = page.get_by_role("region", name="Signed in").get_by_role("listitem")
    expect(sessions).to_have_count(2)
    expect(sessions.first).to_contain_text("Chrome on Linux")
    expect(sessions.first).to_contain_text("This one")
    sessions.last.get_by_role("button", name="End the session").click()
    dialog = page.get_by_role("alertdialog", name="End the session of Chrome on Linux?")
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="End", exact=True).click()
    expect(sessions).to_have_count(1)
    other.reload()
    expect(other).to_have_url(re.compile("/sign-in"))


def test_a_forgotten_password_is_set_with_a_code(
    page: Page, api: httpx.Client, new_user: NewUser
) -> None:
    email = new_user()
    users = api.get("/users", params={"limit": 1000}).json()["items"]
    (user_id,) = [each["id"] for each in users if each["email"] == email]
    code = api.post(f"/users/{user_id}/password-reset").raise_for_status().json()["code"]
    page.goto("/sign-in")
    page.get_by_role("button", name="Forgotten your password?").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Code").fill(code)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The new password is set.")).to_be_visible()
    open_account(page, email, NEW_PASSWORD)
