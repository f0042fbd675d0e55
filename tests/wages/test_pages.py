"""The pages of wages over HTTP: what each person sees, and what they may do."""

from __future__ import annotations

import csv
import json
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from tests.wages.test_clock import ONE, show, start
from wages.models import Beat, Deposit, Interval, PaidProject, PoolVersion, RateCard, Refund, WorkerClock
from wages.paying.cells import guarded
from wages.reservation import left_micro
from wages.services import clock

pytestmark = pytest.mark.django_db


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def worked(shop: Shop) -> Interval:
    start(shop)
    show(shop, ONE, MONDAY)
    clock.stop(worker=shop.worker, at=after(minutes=25))
    return Interval.objects.get(category="unknown")


def test_the_earnings_page_shows_every_interval_and_changes_nothing() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=10))
    client = signed_in(shop.worker)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/earnings/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "USD 3.08" in body and "waiting" in body and "2026-W10" in body
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_nobody_sees_another_workers_time() -> None:
    shop = make_shop()
    worked(shop)
    body = signed_in(make_user()).get("/earnings/").content.decode()
    assert "Rankings" not in body and "Nothing yet" in body
    assert Client().get("/earnings/").status_code == 302


@pytest.mark.parametrize(
    ("data", "paid_ms"),
    [
        ({"answer": "all"}, 1_500_000),
        ({"answer": "none"}, 0),
        ({"answer": "minutes", "minutes": "7"}, 420_000),
    ],
)
def test_a_gap_is_answered_with_a_form(data: dict[str, str], paid_ms: int) -> None:
    shop = make_shop()
    gap = worked(shop)
    client = signed_in(shop.worker)
    assert "Were you working?" in client.get("/earnings/").content.decode()
    assert client.post(f"/clock/unknown/{gap.pk}/", data).status_code == 302
    answer = Interval.objects.get(resolves=gap)
    assert (answer.ms if answer.rate_card_id else 0) == paid_ms
    assert "Were you working?" not in client.get("/earnings/").content.decode()


def test_the_csv_has_every_interval_and_no_formula() -> None:
    shop = make_shop()
    PaidProject.objects.filter(pk=shop.project_id).update(title="=HYPERLINK(1)")
    worked(shop)
    response = signed_in(shop.worker).get("/earnings/intervals.csv")
    table = list(csv.reader(b"".join(response.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    assert table[0][:5] == ["interval", "from_utc", "to_utc", "milliseconds", "category"]
    assert [(row[3], row[4], row[5]) for row in table[1:]] == [("1500000", "unknown", "'=HYPERLINK(1)")]
    assert [guarded(cell)[0] for cell in ("=1", "+1", "-1", "@x", "\tx", "\rx")] == ["'"] * 6


def test_a_beat_needs_its_token_and_no_login() -> None:
    shop = make_shop()
    start(shop)
    body = {
        "token": clock.clock_token(shop.worker, "s"),
        "tab": "a",
        "seq": 1,
        "elapsed_ms": 15000,
        "work": None,
        "focused": True,
    }
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/clock/beat/", json.dumps(body), content_type="text/plain")
    assert (
        answer.status_code == 200 and answer.json()["state"] == "stopped"
    )  # the wait that began in March has ended
    assert Beat.objects.count() == 1
    bodies: list[object] = [
        {**body, "token": "x"},
        {**body, "seq": "1", "tab": "b"},
        {**body, "work": "rank", "tab": "c"},
        [],
        {"x": "y" * 5000},
    ]
    for bad in bodies:
        refused = client.post("/clock/beat/", json.dumps(bad), content_type="text/plain")
        assert refused.status_code in {403, 422}
        assert refused["Content-Type"] == "application/problem+json"
    assert Beat.objects.count() == 1


def test_break_resume_and_stop_come_back_to_the_page_they_were_pressed_on() -> None:
    shop = make_shop()
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a")
    client = signed_in(shop.worker)
    for act, category in (("break", "break"), ("resume", "waiting"), ("stop", "")):
        assert client.get(f"/clock/{act}/").status_code == 405
        assert client.post(f"/clock/{act}/", {"next": "/inbox/"}).headers["Location"] == "/inbox/"
        assert WorkerClock.objects.get(worker=shop.worker).category == category
    assert client.post("/clock/stop/", {"next": "https://evil.example/"}).headers["Location"] == "/earnings/"
    assert client.post("/clock/stop/", {"next": "//evil.example/"}).headers["Location"] == "/earnings/"


def recently(user: object) -> Client:
    """Sign in as somebody who has just given the password."""
    client = signed_in(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": "x"}]
    session.save()
    return client


def test_pay_pages_are_the_stewards_alone() -> None:
    shop = make_shop()
    for person in (shop.worker, shop.engineer, make_user()):
        client = signed_in(person)
        assert "Rankings" not in client.get("/pay/").content.decode()
        assert client.get(f"/pay/{shop.project_id}/").status_code == 404
    page = signed_in(shop.stewards[0]).get(f"/pay/{shop.project_id}/")
    assert page.status_code == 200 and "Example Ltd" in page.content.decode()
    assert "Rankings" in signed_in(shop.stewards[0]).get("/pay/").content.decode()


def test_a_pay_act_without_a_recent_login_is_sent_to_prove_who_one_is() -> None:
    shop = make_shop(payer=False)
    shop.stewards[0].set_password("a long enough passphrase")  # somebody without one can't be asked for it
    shop.stewards[0].save()
    answer = signed_in(shop.stewards[0]).post(
        f"/pay/{shop.project_id}/payer/",
        {"payer-legal_entity": "A", "payer-country": "KE", "payer-relation": "crowd"},
    )
    assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]
    assert not PoolVersion.objects.exists()


def test_a_steward_names_the_payer_and_records_a_deposit_that_another_approves() -> None:
    shop = make_shop(payer=False, funded_micro=0)
    one, two = (recently(steward) for steward in shop.stewards)
    base = f"/pay/{shop.project_id}/"
    named = {"payer-legal_entity": "Acme", "payer-country": "KE", "payer-relation": "crowd"}
    assert one.post(f"{base}payer/", named).status_code == 302
    money = {"deposit-amount": "25.50", "deposit-evidence": "ref 9", "deposit-key": "k"}
    assert one.post(f"{base}deposit/", money).status_code == 302
    kept = Deposit.objects.get()
    assert kept.amount_micro == 25_500_000
    refused = one.post(f"{base}deposit/{kept.pk}/approve/")
    assert refused.status_code == 403 and "Another steward approves" in refused.content.decode()
    assert two.post(f"{base}deposit/{kept.pk}/approve/").status_code == 302
    assert Deposit.objects.get().approved_by == shop.stewards[1]


def test_a_refund_is_proposed_by_one_steward_and_leaves_with_another() -> None:
    shop = make_shop(funded_micro=30_000_000)
    one, two = (recently(steward) for steward in shop.stewards)
    base = f"/pay/{shop.project_id}/"
    back = {"refund-amount": "12.50", "refund-reason": "The project ends.", "refund-key": "k"}
    assert one.post(f"{base}refund/", back).status_code == 302
    kept = Refund.objects.get()
    assert (kept.amount_micro, kept.approved_at, left_micro(shop.project_id)) == (
        12_500_000,
        None,
        30_000_000,
    )
    refused = one.post(f"{base}refund/{kept.pk}/approve/")
    assert refused.status_code == 403 and "Another steward approves" in refused.content.decode()
    assert two.post(f"{base}refund/{kept.pk}/approve/").status_code == 302
    assert left_micro(shop.project_id) == 17_500_000
    assert "At most USD 17.50 now" in one.get(f"{base}reservation/").content.decode()


def test_a_refund_of_more_than_is_left_says_how_much_there_is() -> None:
    shop = make_shop(funded_micro=30_000_000)
    back = {"refund-amount": "30.01", "refund-reason": "x", "refund-key": "k"}
    answer = recently(shop.stewards[0]).post(f"/pay/{shop.project_id}/refund/", back)
    assert "more than the USD 30.00 that is left" in answer.content.decode()
    assert not Refund.objects.exists()


def test_a_bad_amount_comes_back_with_its_reason_and_what_was_typed() -> None:
    shop = make_shop(funded_micro=0, currency="JPY")
    answer = recently(shop.stewards[0]).post(
        f"/pay/{shop.project_id}/deposit/",
        {"deposit-amount": "18.50", "deposit-evidence": "r", "deposit-key": "k"},
    )
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "has 2 decimals; JPY has 0" in body and 'value="18.50"' in body
    assert not Deposit.objects.exists()


def test_what_a_steward_may_not_set_is_said_without_names_of_the_code() -> None:
    shop = make_shop(payer=False, floor_micro=1_000_000)
    steward, base = recently(shop.stewards[0]), f"/pay/{shop.project_id}/"
    cards = RateCard.objects.count()
    rate = steward.post(f"{base}rate/", {"rate-hourly": "0.50"})
    assert (rate.status_code, RateCard.objects.count()) == (422, cards)
    assert "USD 0.50 an hour is below the declared floor" in rate.content.decode()
    assert "hourly_micro" not in rate.content.decode()
    named = {"payer-legal_entity": "A", "payer-country": "Kenya", "payer-relation": "crowd"}
    payer = steward.post(f"{base}payer/", named)
    assert (payer.status_code, PoolVersion.objects.count()) == (422, 0)
    assert "Write the two capital letters of ISO 3166-1, such as KE." in payer.content.decode()


def test_who_is_no_steward_is_told_that_pay_is_for_stewards() -> None:
    shop = make_shop()
    assert "you are a steward of no organisation" in signed_in(shop.engineer).get("/pay/").content.decode()
    assert "steward of no organisation" not in signed_in(shop.stewards[0]).get("/pay/").content.decode()
