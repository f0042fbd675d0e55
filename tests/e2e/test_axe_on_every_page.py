"""axe-core finds nothing on any page, in light and dark, and no page is wider than a phone.

Each address is opened as the first role that is let in. An address that shows nobody a page is named below with
the reason, so that a new page can't slip past.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page

from annotation.views.setup import PAGES
from tests.api.conftest import World, build_world
from tests.api.test_url_walk import addresses, client_of
from tests.e2e.conftest import AXE, AXE_TAGS, DESKTOP, PHONE, NewPage
from tests.people import prove_again

pytestmark = pytest.mark.browser

ROLES = ("annotator", "newcomer", "reviewer", "engineer", "steward", "outsider", "nobody")
ACT, FILE = "an act: only POST", "a file or JSON, no page"
# Routes that show nobody a page here, and why. Everything under /api/ answers JSON.
NOT_HERE: dict[str, str] = {
    **dict.fromkeys(
        (
            "my_data_copy", "my_data_fetch", "my_data_erase", "my_data_keep",
            "withdraw_project", "my_appeal", "project-people-propose",
            "project-people-decide", "project-people-end", "withdraw_ranking",
            "inbox_read", "inbox_read_all", "token_revoke", "job_cancel", "webhook_test", "webhook_pause",
            "webhook_resume", "webhook_rotate", "webhook_remove", "webhook_redeliver", "clock_beat",
            "clock_presence", "clock_break", "clock_resume", "clock_stop", "clock_unknown", "pay_payer", "pay_rate",
            "pay_unknown_ask", "clock_act",
            "pay_deposit", "pay_approve", "pay_refund",
            "pay_refund_approve", "my_receipt", "pay_batch_make", "pay_batch_approve", "pay_batch_cancel",
            "pay_batch_file", "pay_settle", "pay_fee_refund", "pay_close", "pay_reverse",
            "project-publish", "project-pilot",
            "pay_bonus", "pay_pool", "pay_intermediary", "pay_member", "pay_terms",
            "project-measure", "item-review", "project-known-retire", "project-close", "project-pause",
            "project-invite", "export-download", "quality-compute", "reviewer-name", "reviewer-end", "source-evidence",
            "work-review-take", "work-review-decide", "work-review-release", "work-reserve", "work-join",
            "work-warning", "work-go-on", "work-begin", "work-accept",
            "my_statement_answer", "my_claim", "my_admin_begin", "my_inbox_read", "my_dispute_open", "my_case_say",
            "my_case_appeal", "my_case_object", "pay_case_decide", "pay_case_apply", "pay_case_say",
            "work-start", "work-next", "work-submit", "work-skip", "run-cancel",
        ),
        ACT,
    ),
    **dict.fromkeys(
        (
            "mfa_download_recovery_codes", "job_events", "earnings_csv", "my_timeline_csv", "my_timeline_json",
            "log_checkpoint", "log_entry_tile",
            "log_tile", "log_entry", "log_proof", "report_json", "report_proof", "report_schema", "report_verifier",
            "my_statement_json", "pay_journal", "import-problems", "evidence", "export-file", "work-session",
        ),
        FILE,
    ),
    "set_language": "keeps the language and leads back",
    "account_confirm_login_code": "leads to the sign-in page: codes by e-mail are not used",
    "mfa_authenticate": "the second step of a sign-in that has begun; tests/e2e/test_accounts_browser.py is there",
    **dict.fromkeys(
        ("mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn", "mfa_login_webauthn"),
        "needs a passkey; tests/e2e/test_accounts_browser.py has one",
    ),
    "work-item": "a part of a page, which the ranking page takes in",
}  # fmt: skip
IN_BOTH = "tags => axe.run({runOnly: tags})"
COLOURS = """() => {
    document.getAnimations().forEach(motion => motion.finish());  // a colour that fades in is judged as it stays
    return axe.run({runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}});
}"""
WIDER = """async () => {
    const wider = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
    for (let frame = 0; frame < 30 && wider() > 0; frame++) await new Promise(requestAnimationFrame);  // charts follow
    return wider();
}"""

Visit = tuple[str, str]  # role, path


@pytest.fixture
def world(live_site: str) -> World:
    return build_world()


def clients(world: World) -> dict[str, Client]:
    found = {}
    for role in ROLES:
        found[role] = client_of(world, role)
        if user := world.people[role]:
            prove_again(found[role], user)
    return found


def first_visits(world: World) -> dict[str, Visit]:
    """Return, for each route with a page, the first role that is let in, and the path."""
    found: dict[str, Visit] = {}
    people = clients(world)
    for name, path in addresses(world):
        if path.startswith("/api/v") or NOT_HERE.get(name) == ACT:
            continue
        for role in ROLES:
            answer = people[role].get(path)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                found[name] = (role, path)
                break
    return found


def more_visits(world: World) -> list[Visit]:
    """Return pages that one address shows in several forms."""
    project = f"/projects/{world.parts['project_id']}"
    work = f"/work/{world.parts['project_id']}"
    return [
        *(("engineer", f"{project}/setup/{page.name}/") for page in PAGES),
        ("newcomer", f"{work}/"),  # terms to read
        ("newcomer", f"{work}/review/"),  # nothing to review
        ("annotator", f"{work}/review/"),  # who is no reviewer is told so
        ("nobody", "/no-such-page/"),
        ("engineer", "/no-such-page/"),
    ]


def test_every_address_shows_somebody_a_page_or_says_why_not(world: World) -> None:
    shown = first_visits(world).keys()
    pages = {name for name, path in addresses(world) if not path.startswith("/api/v")}
    assert pages - shown - NOT_HERE.keys() == set(), "give the world what it needs, or say why not"
    assert NOT_HERE.keys() - pages == set(), "no such route"
    assert (NOT_HERE.keys() & shown) - {"work-item"} == set(), "these do show a page"


def findings(page: Page, path: str, script: str) -> list[str]:
    """Open a page once; return what is wrong with it in light, in dark, and on a phone."""
    page.emulate_media(color_scheme="light")
    page.goto(path)
    page.evaluate(script)  # through the debugger, so that the page's own policy stays as it is
    wrong = _violations("light", page.evaluate(IN_BOTH, AXE_TAGS))
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} headings of level 1")
    page.emulate_media(color_scheme="dark")
    wrong += _violations("dark", page.evaluate(COLOURS))
    page.set_viewport_size(PHONE["viewport"])  # type: ignore[arg-type]
    if (more := page.evaluate(WIDER)) > 0:
        wrong.append(f"{more} px wider than a phone")
    page.set_viewport_size(DESKTOP["viewport"])  # type: ignore[arg-type]
    return wrong


def _violations(scheme: str, found: dict[str, Any]) -> list[str]:
    return [
        f"{scheme}: {rule['id']}: {[node['target'] for node in rule['nodes']]}"
        for rule in found["violations"]
    ]


def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_phone(
    world: World, new_page: NewPage, sign_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    script, wrong = AXE.read_text(encoding="utf-8"), []
    visits = {*first_visits(world).values(), *more_visits(world)} - {("annotator", _item(world))}
    assert len(visits) > 80
    for role in ROLES:
        page = new_page()
        if user := world.people[role]:
            sign_in(page, user, recent=True)
        for path in sorted(path for who, path in visits if who == role):
            wrong += [f"{path} as {role}: {what}" for what in findings(page, path, script)]
    assert wrong == [], "\n".join(wrong)


def _item(world: World) -> str:
    return dict(addresses(world))["work-item"]
