"""People and the look, in a browser: at 1280 px, at 390 px, in dark colours, and by keyboard alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from byhand.accounts import services
from byhand.accounts.models import Organisation, User

pytestmark = pytest.mark.browser
PASSWORD = "seven quiet herons"
Check = Callable[[Page], None]


@pytest.fixture
def organisation(live_site: str) -> Organisation:
    return services.create_organisation(name="River Cooperative", slug="river", country="KE")


@pytest.fixture
def member(organisation: Organisation) -> User:
    """Somebody with two roles, so that the start page lets them choose."""
    user = services.create_user(email="wanja@example.org", password=PASSWORD)
    for role in ("engineer", "steward"):
        services.add_member(actor=None, user=user, organisation=organisation, role=role)
    services.send_message(user=user, subject="Deposit approved", body="USD 900.00", link="/pay/")
    return user


def fits(page: Page) -> bool:
    """Return whether nothing makes the page wider than its window."""
    width: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return width


def test_an_invitation_makes_an_account_by_keyboard_alone(
    phone: Page, organisation: Organisation, axe: Check
) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="annotator", project=uuid.uuid4())
    phone.goto(url)
    expect(phone.locator("h1")).to_have_text("River Cooperative invites you as an annotator")
    axe(phone)
    assert fits(phone)
    phone.get_by_label("E-mail address").focus()
    for text in ("new@example.org", "Wanja", PASSWORD):
        phone.keyboard.type(text)
        phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/work/")
    assert User.objects.get().email == "new@example.org"


def test_what_is_wrong_stands_beside_its_field(page: Page, organisation: Organisation, axe: Check) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    page.goto(url)
    page.get_by_label("E-mail address").fill("new@example.org")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make my account").click()
    wrong = page.get_by_label("Password")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    described = str(wrong.get_attribute("aria-describedby")).split()
    assert "This password is too short" in page.locator(f"#{described[-1]}").inner_text()
    axe(page)
    assert User.objects.count() == 0


def test_signing_in_and_out(page: Page, member: User) -> None:
    page.goto("/profile/")
    page.wait_for_url("**/accounts/login/**")
    page.get_by_label("Email").fill("wanja@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/profile/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/profile/")
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize("device", ["page", "phone", "dark"])
def test_every_page_of_an_account_is_accessible_and_fits(
    device: str, request: pytest.FixtureRequest, member: User, sign_in: Callable[..., None], axe: Check
) -> None:
    page: Page = request.getfixturevalue(device)
    for path in ("/", "/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/no-such-page/"):
        page.goto(path)
        axe(page)
        assert fits(page), path
    sign_in(page, member, recent=True)
    for path in (
        "/", "/inbox/", "/profile/", "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/",
        "/accounts/sessions/", "/accounts/email/", "/accounts/password/change/", "/accounts/reauthenticate/",
        "/accounts/logout/", "/no-such-page/",
    ):  # fmt: skip
        answer = page.goto(path)
        assert answer and answer.status == (404 if path == "/no-such-page/" else 200), path
        assert page.locator("h1").count() == 1, path
        axe(page)
        assert fits(page), path


@pytest.mark.parametrize("device", ["page", "phone", "dark"])
def test_every_part_of_the_look_is_accessible_and_fits(
    device: str, request: pytest.FixtureRequest, settings: Any, live_site: str, axe: Check
) -> None:
    settings.ROOT_URLCONF = "tests.e2e.style_urls"
    page: Page = request.getfixturevalue(device)
    page.goto("/style/")
    axe(page)
    assert fits(page)
    assert "⟦RLO⟧" in page.locator(".hostile").first.inner_text()


def test_the_first_stop_of_the_keyboard_leads_to_the_content(page: Page, live_site: str) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_passkey_is_added_and_signs_in(page: Page, member: User, sign_in: Callable[..., None]) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    sign_in(page, member, recent=True)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("This phone")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="Account")).to_be_visible()


def test_pages_work_without_scripts(new_page: Callable[..., Page], organisation: Organisation) -> None:
    page = new_page(java_script_enabled=False)
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    page.goto(url)
    page.get_by_label("E-mail address").fill("new@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/projects/")
    assert User.objects.count() == 1


def test_a_page_fetches_the_controllers_that_it_names_and_no_other(
    page: Page, live_site: str, settings: Any
) -> None:
    if not Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).exists():
        pytest.skip("the frontend is not built: run python manage.py build_frontend")
    settings.ROOT_URLCONF = "tests.e2e.style_urls"
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/style/")
    page.get_by_role("button", name="Copy").wait_for()
    scripts = [url.rsplit("/", 1)[1].split("-")[0] for url in fetched if url.endswith(".js")]
    assert scripts == ["main", "copy_controller"]
