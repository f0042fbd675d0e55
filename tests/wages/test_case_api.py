"""The API of cases and statements: one's own, the stewards' of a project, and nothing for anybody else or a token."""

from __future__ import annotations

import pytest
from django.test import Client

from byhand.accounts import services as accounts
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import claim, worked
from wages.models import CaseOutcome, Statement
from wages.services import cases
from wages.services.cases import Verdict
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    made = make_shop()
    worked(made)
    case = claim(made, after(hours=1), after(hours=2))
    verdict = Verdict(CaseOutcome.PARTLY, "Half.", granted_ms=1_800_000)
    cases.decide(actor=made.stewards[1], case_id=case.pk, verdict=verdict, at=after(days=1))
    close_period(actor=made.stewards[0], project_id=made.project_id, at=after(days=7))
    return made


def client(user: object) -> Client:
    made = Client()
    made.force_login(user)  # type: ignore[arg-type]
    return made


def test_a_case_is_read_by_both_sides_with_its_history(shop: Shop) -> None:
    (mine,) = client(shop.worker).get("/api/v1/cases/").json()["results"]
    assert (mine["kind"], mine["open_until"]) == ("claim", None)
    assert [(event["kind"], event["by"], event["words"]) for event in mine["events"]] == [
        ("opened", "worker", "A call about the guidelines."),
        ("decided", "steward", "Half."),
    ]
    (decision,) = mine["decisions"]
    assert (decision["outcome"], decision["granted_ms"], decision["by_nobody"]) == (
        "partly",
        1_800_000,
        False,
    )
    assert client(shop.worker).get(f"/api/v1/cases/{mine['id']}/").json() == mine
    assert client(shop.stewards[0]).get(f"/api/v1/pay/{shop.project_id}/cases/").json()["results"] == [mine]


def test_a_statement_is_its_stored_text(shop: Shop) -> None:
    (mine,) = client(shop.worker).get("/api/v1/statements/").json()["results"]
    stored = Statement.objects.get(worker=shop.worker)
    assert (mine["body"], mine["sha256"], mine["answer"]) == (stored.body, stored.sha256, None)
    assert mine["payable_micro"] == str(stored.payable_micro)


def test_to_everybody_else_there_is_nothing(shop: Shop) -> None:
    case = client(shop.worker).get("/api/v1/cases/").json()["results"][0]["id"]
    for person in (shop.engineer, make_user(), make_shop().stewards[0]):
        other = client(person)
        assert other.get("/api/v1/cases/").json()["results"] == []
        assert other.get("/api/v1/statements/").json()["results"] == []
        assert other.get(f"/api/v1/cases/{case}/").status_code == 404
        assert other.get(f"/api/v1/pay/{shop.project_id}/cases/").status_code == 404
    assert Client().get("/api/v1/cases/").status_code in {401, 403}


def test_no_token_opens_it(shop: Shop) -> None:
    _token, secret = accounts.create_token(actor=shop.engineer, name="t", scopes=["projects:read"])
    for path in ("cases/", "statements/", f"pay/{shop.project_id}/cases/"):
        answer = Client().get(f"/api/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert answer.status_code in {401, 403}, path
