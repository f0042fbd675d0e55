"""Every address, opened by everybody: nothing breaks, nothing changes, nothing leaks, nothing hostile runs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from byhand.accounts.models import InboxMessage
from tests.api.conftest import HOSTILE, MARK, World
from tests.api.more_world import BETWEEN_SIDES

# What strangers may open. Everything else sends them to sign in, or answers 401 or 403.
PUBLIC = {
    "home", "invitation",
    "account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate",
    "account_email_verification_sent", "account_confirm_email", "account_confirm_login_code",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
    "log", "log_checkpoint", "log_entry_tile", "log_tile", "log_entry", "log_proof",
    "reports", "report_versions", "report", "report_json", "report_proof", "report_schema", "report_verifier",
    "method", "model-labor", "set_language",
    "work-session",  # says only whether somebody is signed in
    "clock_beat", "clock_presence",  # POST only; a signed token in the body says who it is
}  # fmt: skip
# Sessions and the counters of rate limits may change when a page is opened; nothing else may.
CHANGING = {"django_session", "django_cache", "usersessions_usersession"}
# Posts that carry a proof of their own instead of the CSRF token.
OWN_PROOF = {"clock_beat", "clock_presence"}
ROLES = ["nobody", "annotator", "newcomer", "reviewer", "engineer", "steward", "outsider"]

Route = tuple[str, str]


@dataclass(frozen=True)
class Visit:
    """What one person got at one address, and the tables that changed meanwhile."""

    name: str
    status: int
    headers: dict[str, str]
    text: str
    changed: list[str]


def routes(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
    """Yield (name, route) of every address of the site."""
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"{route} has no name"
            yield entry.name, route


def addresses(world: World) -> list[Route]:
    """Return (name, path) with each part of a route filled in; an id that nobody has where the world has none."""

    def fill(match: re.Match[str], parts: dict[str, Any]) -> str:
        unknown = "987654321" if match["kind"] == "int:" else str(uuid.UUID(int=1))
        return str(parts.get(match["name"], unknown))

    found = []
    for name, route in routes(get_resolver().url_patterns):
        parts = world.parts | world.of_route.get(name, {})
        path = re.sub(r"<(?P<kind>\w+:)?(?P<name>\w+)>", partial(fill, parts=parts), _plain(route))
        found.append((name, "/" + path))
    assert len(found) > 80
    return found


def _plain(route: str) -> str:
    """Turn the groups of a regular expression into `<name>` and drop its anchors."""
    route = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", route)
    return route.replace("^", "").replace("$", "")


def digest_of_rows() -> dict[str, tuple[int, str]]:
    """Return the number of rows and a digest of the content of every table that a GET may not change."""
    tables = sorted(set(connection.introspection.table_names()) - CHANGING - {"django_migrations"})
    one = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM \"{0}\" t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(table) for table in tables))
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def client_of(world: World, role: str, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)
    user = world.people[role]
    if user is not None:
        client.force_login(user)
    return client


def walk(world: World, role: str) -> list[Visit]:
    client, visits, before = client_of(world, role), [], digest_of_rows()
    for name, path in [*addresses(world), ("404", "/no-such-page/"), ("api-404", "/api/v1/no-such-thing/")]:
        answer = client.get(path)
        after = digest_of_rows()
        changed = sorted(table for table in before if before[table] != after[table])
        headers = dict(answer.headers.items())
        visits.append(
            Visit(name, answer.status_code, headers, answer.getvalue().decode("utf-8", "replace"), changed)
        )
        before = after
    return visits


_walked: dict[str, list[Visit]] = {}  # each person walks once; every test below looks at what they got


@pytest.fixture
def visits(request: pytest.FixtureRequest) -> list[Visit]:
    role: str = request.param
    if role not in _walked:
        _walked[role] = walk(request.getfixturevalue("world"), role)
    return _walked[role]


def by(*roles: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("visits", roles, indirect=True)


def test_the_digest_sees_one_changed_field(world: World) -> None:
    """The negative control of every test here that says that no row changed."""
    before = digest_of_rows()
    InboxMessage.objects.filter(pk=world.parts["message_id"]).update(subject="changed")
    after = digest_of_rows()
    assert [table for table in before if before[table] != after[table]] == ["accounts_inboxmessage"]


@by(*ROLES)
def test_opening_any_page_breaks_nothing_and_changes_no_row(visits: list[Visit]) -> None:
    assert [(v.name, v.status, v.changed) for v in visits if v.status >= 500 or v.changed] == []


@by("nobody")
def test_a_stranger_reaches_public_pages_only(visits: list[Visit]) -> None:
    def turned_away(visit: Visit) -> bool:
        to_sign_in = visit.headers.get("Location", "").startswith("/accounts/login/")
        return visit.status in {401, 403} or (visit.status == 302 and to_sign_in)

    inside = [v for v in visits if v.name not in PUBLIC | {"404", "api-404"}]
    assert len(inside) > 50
    assert [(v.name, v.status) for v in inside if not turned_away(v)] == []


@by("nobody")
def test_every_public_route_still_exists(visits: list[Visit]) -> None:
    assert PUBLIC - {visit.name for visit in visits} == set()


@by(*ROLES)
def test_hostile_text_is_never_markup(visits: list[Visit]) -> None:
    pages = [v for v in visits if v.headers.get("Content-Type", "").startswith("text/html")]
    assert [v.name for v in pages if HOSTILE in v.text] == []
    assert [v.name for v in pages if "alert(&#x27;hostile&#x27;)" in v.text] != []


@by("nobody", "outsider")
def test_a_project_does_not_exist_for_others(visits: list[Visit]) -> None:
    assert [v.name for v in visits if MARK in v.text] == []


@by("annotator", "engineer", "steward")
def test_those_whom_it_concerns_do_see_the_project(visits: list[Visit]) -> None:
    """The other side of the test above: the mark is on the pages that it looks for."""
    assert [v.name for v in visits if MARK in v.text] != []


@by("nobody", "newcomer", "reviewer", "engineer", "outsider")
def test_a_dispute_is_between_its_worker_and_the_stewards(visits: list[Visit]) -> None:
    about = {
        "my_case",
        "my_dispute",
        "my_statement",
        "my_statement_json",
        "pay_case",
        "pay_cases",
        "pay_statements",
    }
    assert [v.name for v in visits if BETWEEN_SIDES in v.text] == []
    assert [(v.name, v.status) for v in visits if v.name in about and v.status == 200] == []


@by("annotator", "steward")
def test_both_sides_do_see_the_dispute(visits: list[Visit]) -> None:
    assert [v.name for v in visits if BETWEEN_SIDES in v.text] != []


@by(*ROLES)
def test_every_answer_carries_the_security_headers(visits: list[Visit]) -> None:
    exact = {
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }  # fmt: skip
    wrong = []
    for visit in visits:
        policy = visit.headers.get("Content-Security-Policy", "")
        good = "default-src 'none'" in policy and "unsafe" not in policy
        if not good or any(visit.headers.get(name) != value for name, value in exact.items()):
            wrong.append((visit.name, visit.headers))
    assert wrong == []


@by("annotator", "newcomer", "engineer", "steward", "outsider")
def test_what_is_made_for_one_person_is_never_stored(visits: list[Visit]) -> None:
    inside = [v for v in visits if v.name not in PUBLIC | {"api-404"}]
    assert [v.name for v in inside if "no-store" not in v.headers.get("Cache-Control", "")] == []


def test_a_post_without_the_csrf_token_changes_no_row(world: World) -> None:
    wrong = []
    for role in ("nobody", "annotator", "engineer", "steward"):
        client = client_of(world, role, enforce_csrf_checks=True)
        refused = {401, 403, 404, 405} | ({302} if role == "nobody" else set())
        before = digest_of_rows()
        for name, path in addresses(world):
            status = client.post(path, {}).status_code
            if name not in OWN_PROOF and status not in refused:
                wrong.append((role, name, status))
        assert digest_of_rows() == before
    assert wrong == []


def test_the_links_of_header_and_footer_lead_somewhere(world: World) -> None:
    for role in ("nobody", "annotator", "engineer", "steward"):
        client = client_of(world, role)
        links = set(re.findall(r'<a[^>]*href="(/[^"]*)"', client.get("/no-such-page/").content.decode()))
        assert {"/reports/", "/log/"} <= links
        assert {link: client.get(link, follow=True).status_code for link in links} == dict.fromkeys(
            links, 200
        )
