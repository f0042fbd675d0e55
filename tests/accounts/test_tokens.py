"""API tokens: shown once, kept as a hash, scoped, expiring, revocable; the page that makes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from byhand.accounts import secret_forms
from byhand.accounts.models import ApiToken, User
from byhand.accounts.services import create_token, revoke_token, use_token
from byhand.audit.models import AuditEvent
from byhand.errors import Invalid, NotFound
from tests.people import prove_again

NOON = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)


def make(user: User, **change: Any) -> tuple[ApiToken, str]:
    fields: dict[str, Any] = {"name": "nightly", "scopes": ["items:read"], "at": NOON}
    return create_token(actor=user, **fields | change)


def test_it_works(user: User) -> None:
    token, secret = make(user, scopes=["items:read", "ballots:read", "items:read"])
    assert use_token(secret=secret, at=NOON) == token
    assert token.scopes == ["ballots:read", "items:read"]
    assert token.expires_at == NOON + timedelta(days=90)
    assert AuditEvent.objects.get(action="token.created").details == {"scopes": token.scopes, "days": 90}


def test_only_the_hash_is_kept(user: User) -> None:
    token, secret = make(user)
    kept = ApiToken.objects.values().get()
    assert kept["token_hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(kept) + str(AuditEvent.objects.values())
    assert token.hint == secret[:8]


def test_a_token_has_a_form_that_a_scanner_can_check() -> None:
    token = secret_forms.written(bytes(range(32)))
    assert token == "byh_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP"
    assert (token[:4], len(token)) == ("byh_", 53)
    assert secret_forms.well_formed(token)
    changed = token[:20] + ("a" if token[20] != "a" else "b") + token[21:]
    assert not secret_forms.well_formed(changed)
    assert not secret_forms.well_formed(token + "0")
    assert not secret_forms.well_formed("byh_" + "é" * 49)
    assert secret_forms.written(b"\xff" * 32) != secret_forms.written(b"\xff" * 31 + b"\xfe")


def test_two_tokens_differ() -> None:
    assert len({secret_forms.new_token() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": " "}, "name: say what the token is for."),
        ({"name": "a\x00b"}, "name: control and invisible characters can't be used."),
        ({"name": "x" * 81}, "name: at most 80 characters."),
        ({"scopes": []}, "scopes: choose at least one."),
        ({"scopes": ["pay:approve"]}, "scopes: 'pay:approve' does not exist."),
        ({"days": 0}, "days: from 1 to 365."),
        ({"days": 366}, "days: from 1 to 365."),
    ],
)
def test_what_can_not_be_made_is_refused_by_its_field(
    user: User, change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make(user, **change)
    assert refused.value.problems == [problem]
    assert (ApiToken.objects.count(), AuditEvent.objects.filter(action="token.created").count()) == (0, 0)


def test_every_problem_is_named_at_once(user: User) -> None:
    with pytest.raises(Invalid) as refused:
        make(user, name="", scopes=["a", "b"], days=1000)
    assert len(refused.value.problems) == 4


def test_a_name_is_used_once_among_live_tokens(user: User, engineer: User) -> None:
    token, _ = make(user)
    with pytest.raises(Invalid):
        make(user)
    make(engineer)
    assert ApiToken.objects.count() == 2
    revoke_token(actor=user, token_id=token.pk)
    make(user)
    assert ApiToken.objects.count() == 3


def test_nobody_keeps_more_than_fifty(user: User) -> None:
    for number in range(50):
        make(user, name=f"token {number}")
    with pytest.raises(Invalid, match="can't be made"):
        make(user, name="one more")
    assert ApiToken.objects.count() == 50
    make(user, name="one more", at=NOON + timedelta(days=91))


def test_it_ends_when_it_was_said_to(user: User) -> None:
    token, secret = make(user, days=1)
    just_before, end = NOON + timedelta(hours=23, minutes=59), NOON + timedelta(days=1)
    assert use_token(secret=secret, at=just_before) == token
    assert use_token(secret=secret, at=end) is None


def test_a_revoked_token_is_dead_at_once_and_for_ever(user: User) -> None:
    token, secret = make(user)
    first = revoke_token(actor=user, token_id=token.pk, at=NOON).revoked_at
    assert use_token(secret=secret, at=NOON) is None
    assert revoke_token(actor=user, token_id=token.pk).revoked_at == first
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
    with pytest.raises(IntegrityError, match="stays revoked"), transaction.atomic():
        ApiToken.objects.update(revoked_at=None)


def test_nobody_revokes_the_token_of_another(user: User, engineer: User) -> None:
    token, secret = make(user)
    with pytest.raises(NotFound):
        revoke_token(actor=engineer, token_id=token.pk)
    assert use_token(secret=secret, at=NOON) == token


def test_a_closed_account_has_no_token(user: User) -> None:
    _, secret = make(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert use_token(secret=secret, at=NOON) is None


@pytest.mark.parametrize(
    "secret",
    ["", "byh_", "byh_" + "0" * 49, "x" * 5000, "byh_\x00", secret_forms.new_token()],
    ids=["empty", "prefix", "zeros", "long", "nul", "never given"],
)
def test_what_is_no_token_opens_nothing(user: User, secret: str) -> None:
    make(user)
    assert use_token(secret=secret, at=NOON) is None


def test_the_hour_of_the_last_use_is_kept_and_no_more(user: User) -> None:
    _, secret = make(user)
    use_token(secret=secret, at=NOON)
    assert ApiToken.objects.get().last_used_at == NOON.replace(minute=0, second=0)
    use_token(secret=secret, at=NOON - timedelta(hours=2))
    assert ApiToken.objects.get().last_used_at == NOON.replace(minute=0, second=0)
    use_token(secret=secret, at=NOON + timedelta(hours=1))
    assert ApiToken.objects.get().last_used_at == NOON.replace(hour=13, minute=0, second=0)


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["work"]},
        {"expires_at": NOON + timedelta(days=200)},
        {"token_hash": "0" * 64},
        {"name": "another"},
    ],
)
def test_the_database_lets_nobody_widen_a_token(user: User, change: dict[str, Any]) -> None:
    make(user)
    before = ApiToken.objects.values().get()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        ApiToken.objects.update(**change)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        ApiToken.objects.all().delete()
    assert ApiToken.objects.values().get() == before


def test_the_database_holds_the_longest_life(user: User) -> None:
    row = {"owner": user, "name": "a", "token_hash": "0" * 64, "hint": "byh_", "created_at": NOON}
    with pytest.raises(IntegrityError, match="token_at_most_a_year"), transaction.atomic():
        ApiToken.objects.create(**row, scopes=["work"], expires_at=NOON + timedelta(days=365, seconds=1))
    with pytest.raises(IntegrityError, match="token_has_a_scope"), transaction.atomic():
        ApiToken.objects.create(**row, scopes=[], expires_at=NOON + timedelta(days=1))
    ApiToken.objects.create(**row, scopes=["work"], expires_at=NOON + timedelta(days=365))


FORM = {"name": "nightly", "scopes": ["items:read"], "days": "30"}


def test_the_page_shows_a_new_token_once(client: Client, engineer: User) -> None:
    client.force_login(engineer)
    prove_again(client, engineer)
    answer = client.post("/profile/tokens/", FORM)
    token = ApiToken.objects.get()
    shown = answer.context["secret"]
    assert (answer.status_code, use_token(secret=shown)) == (200, token)
    assert shown in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    again = client.get("/profile/tokens/").content.decode()
    assert shown not in again and token.hint in again


def test_making_one_asks_again_who_one_is(client: Client, engineer: User) -> None:
    client.force_login(engineer)
    answer = client.post("/profile/tokens/", FORM)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/reauthenticate/")
    assert ApiToken.objects.count() == 0


def test_revoking_needs_no_new_proof_and_is_never_a_get(client: Client, engineer: User) -> None:
    token, secret = make(engineer, at=None)
    client.force_login(engineer)
    assert client.get(f"/profile/tokens/{token.pk}/revoke/").status_code == 405
    assert use_token(secret=secret) == token
    assert client.post(f"/profile/tokens/{token.pk}/revoke/")["Location"] == "/profile/tokens/"
    assert use_token(secret=secret) is None


def test_others_tokens_are_not_on_the_page(client: Client, engineer: User, user: User) -> None:
    token, _ = make(user, name="not yours")
    client.force_login(engineer)
    assert b"not yours" not in client.get("/profile/tokens/").content
    assert client.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_the_page_offers_what_the_roles_can_use(client: Client, engineer: User) -> None:
    client.force_login(engineer)
    prove_again(client, engineer)
    page = client.get("/profile/tokens/").content.decode()
    assert "projects:write" in page and "(work)" not in page
    answer = client.post("/profile/tokens/", FORM | {"scopes": ["work"]})
    assert (answer.status_code, ApiToken.objects.count()) == (422, 0)


def test_a_problem_of_the_form_stands_on_the_page(client: Client, engineer: User) -> None:
    client.force_login(engineer)
    prove_again(client, engineer)
    client.post("/profile/tokens/", FORM)
    answer = client.post("/profile/tokens/", FORM)
    assert answer.status_code == 422
    assert "A token of yours has this name." in answer.content.decode()
    assert ApiToken.objects.count() == 1
