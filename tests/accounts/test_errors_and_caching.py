"""Refusals are pages in plain words, or problem+json for machines; caching is decided in one place."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import DjangoAssertNumQueries

from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.urls import handler400, handler403, handler404, handler500
from byhand.urls import urlpatterns as site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
pytestmark = pytest.mark.urls(__name__)


@login_not_required
def refuse(request: HttpRequest) -> HttpResponse:
    raise Invalid("The file can't be used.", ["line 3: <b>no</b> prompt."])


@login_not_required
def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


@login_not_required
def misread(request: HttpRequest) -> HttpResponse:
    raise BadRequest("secret detail")


@login_not_required
def same_for_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("checkpoint", headers={"Cache-Control": "public, max-age=60"})


urlpatterns = [
    path("refuse/", refuse),
    path("break/", break_down),
    path("api/v1/break/", break_down),
    path("misread/", misread),
    path("same/", same_for_all),
    *site,
]


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


def test_a_refusal_lists_what_is_wrong_as_text(browser: Client, db: None) -> None:
    answer = browser.get("/refuse/")
    assert answer.status_code == 422
    assert b"The file can&#x27;t be used." in answer.content
    assert b"line 3: &lt;b&gt;no&lt;/b&gt; prompt." in answer.content


def test_a_machine_gets_problem_json(browser: Client, db: None) -> None:
    answer = browser.get("/refuse/", headers={"Accept": "application/json"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/invalid", "title": "invalid", "status": 422, "code": "invalid",
        "detail": "The file can't be used.", "problems": ["line 3: <b>no</b> prompt."],
        "request_id": answer["X-Request-Id"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/no-such-page/", 404, b"There is no such page"),
        ("/misread/", 400, b"We could not read that"),
        ("/break/", 500, b"Something broke on our side"),
    ],
)
def test_error_pages_speak_plainly_and_give_nothing_away(
    browser: Client, db: None, address: str, status: int, words: bytes
) -> None:
    answer = browser.get(address)
    assert (answer.status_code, words in answer.content) == (status, True)
    assert b"secret detail" not in answer.content


def test_the_page_of_a_breakdown_asks_the_database_for_nothing(
    browser: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert browser.get("/break/").status_code == 500


@pytest.mark.parametrize(("address", "status"), [("/api/v1/nothing/", 404), ("/api/v1/break/", 500)])
def test_the_api_answers_errors_as_problems(browser: Client, db: None, address: str, status: int) -> None:
    answer = browser.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert b"The form was too old" in answer.content


def test_a_script_learns_that_its_form_was_too_old(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/accounts/login/", {"login": "x"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "form_too_old")


def test_a_refusal_leads_back_to_where_it_was_asked(browser: Client, db: None) -> None:
    answer = browser.get("/reports/none/2026-W01/v1/", headers={"Referer": "http://testserver/reports/"})
    assert answer.status_code == 404
    assert b'href="http://testserver/reports/">Back</a>' in answer.content
    assert b"Back</a>" not in browser.get("/reports/none/2026-W01/v1/").content


def test_what_is_the_same_for_all_stays_cacheable_and_reads_no_session(
    client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(user)
    with django_assert_num_queries(0):
        answer = client.get("/same/")
    assert answer["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in answer.get("Vary", "")


def test_a_public_page_asks_the_database_for_nothing(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/")
    assert (answer["Cache-Control"], "Cookie" in answer["Vary"]) == ("no-cache", True)


def test_a_page_of_one_person_is_never_stored(client: Client, user: User) -> None:
    client.force_login(user)
    answer: Any = client.get("/profile/")
    assert (answer["Cache-Control"], "Cookie" in answer["Vary"]) == ("no-store", True)
