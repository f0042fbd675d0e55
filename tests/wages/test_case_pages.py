"""Claims, disputes, cuts and statements over HTTP: who sees what, what a form does, and what hostile text becomes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from byhand.accounts.models import User
from tests.people import prove_again
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import immediate, worked
from wages.models import Case, CaseDecision, Entry, Interval, Statement, StatementAnswer, WorkerClock
from wages.selectors.statements import answers_by_period
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\u202e\x07 =HYPERLINK()"


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    prove_again(made, user)
    return made


@pytest.fixture
def shop() -> Shop:
    """Ten minutes of March, in a closed week; stewards 0 and 1, of whom 0 set the rate."""
    made = make_shop()
    worked(made)
    close_period(actor=made.stewards[0], project_id=made.project_id, at=after(days=7))
    return made


def the_statement(shop: Shop) -> Statement:
    return Statement.objects.get(worker=shop.worker)


def yesterday(hour: int) -> str:
    day = timezone.now() - timedelta(days=1)
    return f"{day:%Y-%m-%d}T{hour:02d}:00:00"


def claim(shop: Shop, words: str = "A call.", key: str = "k") -> Case:
    data = {
        "project": str(shop.project_id),
        "starts": yesterday(9),
        "ends": yesterday(10),
        "words": words,
        "key": key,
    }
    answer = client(shop.worker).post("/cases/claim/", data)
    assert answer.status_code == 302, answer.content.decode()
    return Case.objects.get(key__endswith=key, kind="claim")


def test_a_claim_is_made_and_answered_on_pages(shop: Shop) -> None:
    case = claim(shop)
    base = f"/pay/{shop.project_id}/cases/{case.pk}/"
    steward = client(shop.stewards[1])
    page = steward.get(base).content.decode()
    assert "1 h 00 min 00 s" in page and "may decide" in page
    form = {"decide-outcome": "partly", "decide-minutes": "20", "decide-reason": "It took 20 minutes."}
    assert steward.post(f"{base}decide/", form).status_code == 302
    assert Interval.objects.get(category="claimed").ms == 1_200_000
    body = client(shop.worker).get(f"/cases/{case.pk}/").content.decode()
    assert "It took 20 minutes." in body and "granted in part" in body and "20 min 00 s paid" in body
    immediate()


def test_the_zone_that_the_worker_declared_is_the_zone_of_the_form(shop: Shop) -> None:
    shop.worker.work_places.create(country="KE", zone="Africa/Nairobi")
    assert "Africa/Nairobi" in client(shop.worker).get("/cases/").content.decode()
    case = claim(shop)
    assert case.starts is not None and case.starts.hour == 6


def test_a_claim_that_can_not_be_made_comes_back_with_its_words(shop: Shop) -> None:
    data = {
        "project": str(shop.project_id),
        "starts": "2026-03-02T09:00:00",
        "ends": "2026-03-02T09:05:00",
        "words": "Paid already",
        "key": "k",
    }
    answer = client(shop.worker).post("/cases/claim/", data)
    body = answer.content.decode()
    assert (
        answer.status_code in {409, 422}
        and "Nothing was changed" in body
        and "Paid already</textarea>" in body
    )
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"project": "x", "starts": "soon", "ends": "", "words": "\x00", "key": ""},
        {"project": "x" * 500, "starts": "9999-12-31T23:59:59", "ends": "0001-01-01T00:00", "words": "a"},
    ],
)
def test_nonsense_in_the_claim_form_is_refused(shop: Shop, data: dict[str, str]) -> None:
    assert client(shop.worker).post("/cases/claim/", data).status_code == 422
    assert not Case.objects.exists()


def test_hostile_words_are_shown_as_text_with_their_marks(shop: Shop) -> None:
    case = claim(shop, words=HOSTILE + "x" * 9_000)
    for body in (
        client(shop.worker).get(f"/cases/{case.pk}/").content.decode(),
        client(shop.stewards[0]).get(f"/pay/{shop.project_id}/cases/{case.pk}/").content.decode(),
    ):
        assert "<script>alert(1)" not in body and "&lt;script&gt;alert(1)" in body
        assert "⟦RLO⟧" in body and "⟦BEL⟧" in body


def test_nobody_else_sees_a_case(shop: Shop) -> None:
    case = claim(shop)
    for person in (shop.engineer, make_user(), make_shop().stewards[0]):
        other = client(person)
        for path in (
            f"/cases/{case.pk}/",
            f"/pay/{shop.project_id}/cases/",
            f"/pay/{shop.project_id}/cases/{case.pk}/",
            f"/pay/{shop.project_id}/statements/",
            f"/statements/{the_statement(shop).pk}/",
            f"/statements/{the_statement(shop).pk}/statement.json",
            f"/cases/about/interval/{Interval.objects.first().pk}/",  # type: ignore[union-attr]
        ):
            assert other.get(path).status_code == 404, path
        assert "A call" not in other.get("/cases/").content.decode()
        for path in (f"/cases/{case.pk}/say/", f"/pay/{shop.project_id}/cases/{case.pk}/decide/"):
            assert other.post(path, {"words": "x"}).status_code == 404
    assert case.events.count() == 1


def test_a_barred_steward_is_told_why_and_refused(shop: Shop) -> None:
    interval = Interval.objects.filter(category="task").first()
    assert interval is not None
    path = f"/cases/about/interval/{interval.pk}/"
    worker = client(shop.worker)
    assert "What is wrong with it?" in worker.get(path).content.decode()
    assert worker.post(f"{path}open/", {"words": "Longer.", "key": "k"}).status_code == 302
    case = Case.objects.get()
    base = f"/pay/{shop.project_id}/cases/{case.pk}/"
    barred = client(shop.stewards[0])
    assert "You may not decide this case: you set the rate concerned" in barred.get(base).content.decode()
    form = {"decide-outcome": "refused", "decide-reason": "No."}
    assert barred.post(f"{base}decide/", form).status_code == 403
    assert not CaseDecision.objects.exists()
    assert client(shop.stewards[1]).post(f"{base}decide/", form).status_code == 302
    assert worker.post(f"/cases/{case.pk}/appeal/", {"words": "Look again."}).status_code == 302
    assert "appeal" in client(shop.stewards[1]).get(f"/pay/{shop.project_id}/cases/").content.decode()


def test_a_cut_is_proposed_objected_to_and_dropped_on_pages(shop: Shop) -> None:
    entry = Entry.objects.filter(kind="work").order_by("-id").first()
    assert entry is not None
    steward, worker = client(shop.stewards[0]), client(shop.worker)
    form = {"cut-entry": str(entry.pk), "cut-reason": "Counted twice.", "cut-evidence": ""}
    assert steward.post(f"/pay/{shop.project_id}/reverse/", form).status_code == 302
    cut = Case.objects.get()
    body = worker.get(f"/cases/{cut.pk}/").content.decode()
    assert "Counted twice." in body and "Nothing has changed yet" in body
    assert worker.post(f"/cases/{cut.pk}/object/", {"words": "No.", "key": "o"}).status_code == 302
    page = f"/pay/{shop.project_id}/cases/{cut.pk}/"
    early = client(shop.stewards[1]).post(f"{page}apply/", {"act": "apply", "words": "Yes."})
    assert early.status_code == 409 and "The worker can object until" in early.content.decode()
    assert steward.post(f"{page}apply/", {"act": "drop", "words": "My mistake."}).status_code == 302
    assert CaseDecision.objects.get().outcome == "dropped"
    assert not Entry.objects.filter(kind="reversal").exists()


def test_an_unknown_entry_is_no_proposal(shop: Shop) -> None:
    for entry in ("999999", "0", "x", str(2**70)):
        form = {"cut-entry": entry, "cut-reason": "x", "cut-evidence": ""}
        assert client(shop.stewards[0]).post(f"/pay/{shop.project_id}/reverse/", form).status_code == 422
    assert not Case.objects.exists()


def test_a_statement_shows_its_rows_and_its_stored_bytes(shop: Shop) -> None:
    statement = the_statement(shop)
    worker = client(shop.worker)
    assert f"/statements/{statement.pk}/" in worker.get("/statements/").content.decode()
    with CaptureQueriesContext(connection) as queries:
        body = worker.get(f"/statements/{statement.pk}/").content.decode()
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert "USD 3.08" in body and statement.sha256 in body and "10 min 00 s" in body
    assert f"/cases/begin/{shop.project_id}/" in body
    stored = worker.get(f"/statements/{statement.pk}/statement.json")
    assert stored.content.decode() == statement.body
    assert hashlib.sha256(stored.content).hexdigest() == statement.sha256


def test_a_statement_is_confirmed_and_disputed_any_number_of_times(shop: Shop) -> None:
    statement, worker = the_statement(shop), client(shop.worker)
    path = f"/statements/{statement.pk}/answer/"
    assert "silent" in client(shop.stewards[0]).get(f"/pay/{shop.project_id}/statements/").content.decode()
    for _ in range(3):
        assert worker.post(path, {"answer": "confirmed"}).status_code == 302
    assert [row.answer for row in StatementAnswer.objects.all()] == ["confirmed"]
    for _ in range(2):
        sent = {"answer": "disputed", "words": "Too little.", "key": "k"}
        assert worker.post(path, sent).status_code == 302
    assert [row.answer for row in StatementAnswer.objects.order_by("id")] == ["confirmed", "disputed"]
    assert Case.objects.get().statement_id == statement.pk
    (answers,) = answers_by_period(shop.project_id)
    assert (answers.statements, answers.confirmed, answers.disputed, answers.silent) == (1, 0, 1, 0)
    page = client(shop.stewards[0]).get(f"/pay/{shop.project_id}/statements/").content.decode()
    assert "disputed</span>" in page
    for query in ("period=999", f"period={answers.period.pk}&after=1"):
        assert client(shop.stewards[0]).get(f"/pay/{shop.project_id}/statements/?{query}").status_code == 200


def test_a_dispute_without_words_changes_nothing(shop: Shop) -> None:
    path = f"/statements/{the_statement(shop).pk}/answer/"
    assert client(shop.worker).post(path, {"answer": "disputed", "words": " ", "key": "k"}).status_code == 422
    assert client(shop.worker).post(path, {"answer": "maybe"}).status_code == 422
    assert not Case.objects.exists() and not StatementAnswer.objects.exists()


def test_reading_a_statement_is_paid_and_starts_only_ones_own_clock(shop: Shop) -> None:
    path = f"/cases/begin/{shop.project_id}/"
    started = client(shop.worker).post(path, {"tab": "a"})
    assert started.status_code == 200 and started.json()["category"] == "admin"
    assert client(shop.worker).post(path, {"tab": "a"}).status_code == 200
    assert WorkerClock.objects.get(worker=shop.worker).category == "admin"
    assert client(make_user()).post(path, {"tab": "a"}).status_code == 404


def test_without_scripts_the_form_brings_the_time_of_opening(shop: Shop) -> None:
    worker = client(shop.worker)
    page = worker.get(f"/statements/{the_statement(shop).pk}/").content.decode()
    stamp = page.split('name="opened_at" value="')[1].split('"')[0]
    worker.post(f"/statements/{the_statement(shop).pk}/answer/", {"answer": "confirmed", "opened_at": stamp})
    assert WorkerClock.objects.get(worker=shop.worker).category == "admin"
    assert client(shop.worker).post(
        f"/statements/{the_statement(shop).pk}/answer/", {"answer": "confirmed", "opened_at": "forged"}
    )


def test_long_lists_are_paged(shop: Shop) -> None:
    statement = the_statement(shop)
    worker = client(shop.worker)
    for query in ("before=1", "entries_before=1"):
        assert worker.get(f"/statements/{statement.pk}/?{query}").status_code == 200
    for query in ("before=x", "entries_before=-1", f"before={'9' * 30}"):
        assert worker.get(f"/statements/{statement.pk}/?{query}").status_code == 422
