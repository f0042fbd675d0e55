"""The base of the API: scopes, bodies, queries, ETags, problems, ids. On a small API of the tests' own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from byhand.accounts import secret_forms
from byhand.accounts.models import ApiToken, User
from byhand.rest import authentication
from tests.rest.conftest import add_messages

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.rest.urls")]
Bearer = Callable[..., Client]
BODY = {"better": [[0, 1]], "name": "a"}


def test_a_token_with_the_scope_gets_in_without_a_csrf_token(bearer: Bearer) -> None:
    assert bearer("items:read").get("/api/v1/messages/").status_code == 200
    answer = bearer("items:write").post("/api/v1/messages/", BODY, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, BODY)


def test_a_session_writes_only_with_the_csrf_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    refused = client.patch("/api/v1/me/", {"name": "b"}, content_type="application/json")
    assert (refused.status_code, User.objects.get().name) == (403, "Reader")
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    given = client.patch("/api/v1/me/", {"name": "b"}, content_type="application/json", headers=headers)
    assert (given.status_code, User.objects.get().name) == (200, "b")


def test_a_token_does_only_what_it_was_given(bearer: Bearer) -> None:
    reads = bearer("items:read")
    answer = reads.post("/api/v1/messages/", BODY, content_type="application/json")
    assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (
        403, "scope_missing", "items:write",
    )  # fmt: skip
    assert reads.get("/api/v1/me/").json()["scope"] == "projects:read"


def test_what_names_no_scope_is_closed_to_tokens(bearer: Bearer, client: Client) -> None:
    program = bearer(*["projects:read", "projects:write"])
    assert program.delete("/api/v1/me/").json()["code"] == "session_needed"
    assert program.get("/api/v1/mixed/").json()["code"] == "session_needed"
    assert client.delete("/api/v1/me/").status_code == 204
    assert client.get("/api/v1/mixed/").status_code == 200


def test_a_method_that_is_not_there_is_405_for_tokens_too(bearer: Bearer) -> None:
    answer = bearer("items:read").put("/api/v1/messages/", BODY, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_who_is_unknown_is_told_how_to_ask(db: None) -> None:
    answer = Client().get("/api/v1/messages/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "Authentication credentials were not provided."


def test_ended_revoked_and_made_up_tokens_are_the_same_401(bearer: Bearer, user: User) -> None:
    made_up = Client(headers={"Authorization": f"Bearer {secret_forms.new_token()}"})
    ended = bearer("items:read", days=1, at=timezone.now() - timedelta(days=2))
    revoked = bearer("items:read", "items:write")
    ApiToken.objects.filter(scopes__len=2).update(revoked_at=timezone.now())
    answers = [one.get("/api/v1/messages/") for one in (made_up, ended, revoked)]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_a_bad_token_is_not_helped_by_a_session(client: Client) -> None:
    answer = client.get("/api/v1/messages/", headers={"Authorization": "Bearer byh_nonsense"})
    assert answer.status_code == 401


def test_failures_are_throttled_and_good_tokens_are_not(
    bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(authentication, "FAILURES_A_MINUTE", 3)
    monkeypatch.setattr(authentication, "_minute", lambda: 7)
    guesser = Client(headers={"Authorization": "Bearer guess"})
    seen = [guesser.get("/api/v1/messages/").status_code for _ in range(5)]
    assert seen == [401, 401, 401, 429, 429]
    assert bearer("items:read").get("/api/v1/messages/").status_code == 200


def test_every_problem_of_a_body_is_named_by_its_field(client: Client) -> None:
    body = {"better": [[0, 1], ["x", None]], "name": "toolong"}
    answer = client.post("/api/v1/messages/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["problems"] == [
        "better[1][0]: A valid integer is required.",
        "better[1][1]: This field may not be null.",
        "name: Ensure this field has no more than 5 characters.",
    ]


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 422),
        ("null", "application/json", 422),
        ('"text"', "application/json", 422),
        ("\ud83d".encode("utf-8", "surrogatepass"), "application/json", 400),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("NaN", "application/json", 400),
        ('{"name": "\\ud83d"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"a":' * 100_000, "application/json", 400),
        ('{"better": [], "name": "\\ud83d\\ude00"}', "application/json", 200),
    ],
)
def test_a_body_that_can_not_be_read_is_a_problem(client: Client, body: Any, media: str, status: int) -> None:
    answer = client.post("/api/v1/messages/", body, content_type=media)
    assert answer.status_code == status
    if status >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert isinstance(answer.json()["detail"], str)


def test_an_unknown_parameter_is_named(client: Client, user: User) -> None:
    answer = client.get("/api/v1/messages/?subjekt=a&zzz=1&limit=3")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert answer.json()["problems"] == [
        "subjekt: unknown. Known here: cursor, limit, subject, unread.",
        "zzz: unknown. Known here: cursor, limit, subject, unread.",
    ]
    assert client.get("/api/v1/me/?a=1").json()["problems"] == ["a: unknown. Nothing is known here."]


def test_a_filter_with_a_bad_value_is_named(client: Client) -> None:
    answer = client.get("/api/v1/messages/?unread=perhaps")
    assert (answer.status_code, answer.json()["problems"]) == (400, ["unread: Must be a valid boolean."])


def test_an_etag_spares_the_second_answer(client: Client, user: User) -> None:
    first = client.get("/api/v1/messages/")
    tag = first["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get("/api/v1/messages/", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    add_messages(user, 1)
    changed = client.get("/api/v1/messages/", headers={"If-None-Match": tag})
    assert changed.status_code == 200 and changed["ETag"] != tag


def test_a_change_of_another_state_is_refused(client: Client) -> None:
    def rename(name: str, match: str | None) -> Any:
        headers = {"If-Match": match} if match else {}
        return client.patch("/api/v1/me/", {"name": name}, content_type="application/json", headers=headers)

    tag = client.get("/api/v1/me/")["ETag"]
    assert rename("first", tag).status_code == 200
    refused = rename("second", tag)
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    assert client.get("/api/v1/me/").json() == {"name": "first"}
    assert rename("third", f"W/{client.get('/api/v1/me/')['ETag']}").status_code == 412  # If-Match is strong
    assert rename("fourth", client.get("/api/v1/me/")["ETag"]).status_code == 200
    assert rename("fifth", None).status_code == 200


def test_nothing_is_stored_on_the_way(client: Client, bearer: Bearer) -> None:
    for answer in (client.get("/api/v1/messages/"), bearer("items:read").get("/api/v1/messages/")):
        assert answer["Cache-Control"] == "no-store"
        assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_every_answer_has_an_id_and_a_problem_repeats_it(client: Client) -> None:
    good, bad = client.get("/api/v1/messages/"), client.get("/api/v1/messages/?x=1")
    assert re.fullmatch(r"[0-9a-f]{20}", good["X-Request-Id"])
    assert bad.json()["request_id"] == bad["X-Request-Id"] != good["X-Request-Id"]


def test_a_client_can_not_choose_the_id(client: Client) -> None:
    assert client.get("/api/v1/me/", headers={"X-Request-Id": "forged\n"})["X-Request-Id"] != "forged"


def test_what_breaks_says_nothing_of_us(bearer: Bearer) -> None:
    answer = bearer("items:read").get("/api/v1/broken/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert b"secret" not in answer.content
    assert answer.json()["request_id"] == answer["X-Request-Id"]


def test_a_method_that_is_not_there_is_a_problem(client: Client) -> None:
    answer = client.put("/api/v1/messages/", {}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert client.options("/api/v1/messages/").status_code == 405
