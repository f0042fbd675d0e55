"""The pages of payouts over HTTP: who sees what, who may act, and that refusals change nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from byhand.accounts.models import User
from tests.wages.factories import after, make_shop, make_user
from tests.wages.paid import bank, made, outcome, payday, sent, settlement, wallet
from tests.wages.test_claims import claim
from tests.wages.test_pages import recently, signed_in
from wages.models import Entry, PayoutAccount, PayoutBatch, PayoutReceipt, Settlement, UnmatchedSettlement
from wages.services.payout_accounts import set_payout_account

pytestmark = pytest.mark.django_db
TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
TYPED = {
    "method": "bank",
    "currency": "USD",
    "country": "DE",
    "holder": "Ada Worker",
    "iban": "DE89 3704 0044 0532 0130 00",
}


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_worker_names_an_account_and_sees_it_masked() -> None:
    worker = make_user()
    client = recently(worker)
    assert "have not named an account" in body(client, "/earnings/account/")
    assert client.post("/earnings/account/", TYPED).status_code == 302
    page = body(client, "/earnings/account/")
    assert "•••• 3000" in page and "Ada Worker" not in page and "DE89370400440532013000" not in page
    assert PayoutAccount.objects.get().worker == worker


def test_naming_an_account_asks_who_one_is() -> None:
    worker = make_user()
    worker.set_password("a long enough passphrase")
    worker.save()
    answer = signed_in(worker).post("/earnings/account/", TYPED)
    assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]
    assert not PayoutAccount.objects.exists()


def test_a_wrong_account_comes_back_with_each_reason_at_its_field() -> None:
    answer = recently(make_user()).post("/earnings/account/", {**TYPED, "iban": "DE00", "holder": "=1"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="DE00"' in page
    assert "The check digits or the length are wrong" in page and "begin with a letter" in page
    assert not PayoutAccount.objects.exists()


def test_what_is_wrong_with_an_account_or_a_receipt_is_said_in_the_language_of_the_page() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    client = recently(shop.worker)
    client.cookies["byhand_language"] = "es"
    before = PayoutAccount.objects.count()
    page = client.post("/earnings/account/", {**TYPED, "iban": "DE00"}).content.decode()
    assert "Las cifras de control o la longitud no son correctas" in page and "check digits" not in page
    typed = {"received": "3,00", "received_on": TODAY, "fee": "0"}
    named = {f"{line.key[:8]}-{name}": value for name, value in typed.items()}
    answer = client.post(f"/earnings/payments/{line.pk}/received/", named)
    assert answer.status_code == 422 and "Escriba cifras con punto, como 18.50" in answer.content.decode()
    assert PayoutAccount.objects.count() == before and not PayoutReceipt.objects.exists()


def test_a_worker_sees_their_payments_and_keeps_a_receipt() -> None:
    shop = payday(workers=2)
    mine, other = sent(shop).lines.order_by("worker")
    client = signed_in(shop.worker)
    page = body(client, "/earnings/payments/")
    assert "USD 3.09" in page and "on its way" in page and mine.key[:8] in page and other.key[:8] not in page
    name = mine.key[:8]
    typed = {f"{name}-received": "3.00", f"{name}-received_on": TODAY, f"{name}-fee": "0.09"}
    assert client.post(f"/earnings/payments/{mine.pk}/received/", typed).status_code == 302
    page = body(client, "/earnings/payments/")
    assert "received USD 3.00" in page and "The fee is owed to you." in page
    assert client.post(f"/earnings/payments/{other.pk}/received/", typed).status_code == 404
    bad = client.post(
        f"/earnings/payments/{mine.pk}/received/", {**typed, f"{name}-received_on": "2020-01-01"}
    )
    assert bad.status_code == 422 and "A day from 2026-03-09 to today." in bad.content.decode()
    assert PayoutReceipt.objects.count() == 1


def test_a_batch_is_made_approved_and_downloaded_from_the_pages() -> None:
    shop = payday()
    one, two = (recently(steward) for steward in shop.stewards)
    base = f"/pay/{shop.project_id}/payouts/"
    assert "Make a batch of 1" in body(one, base)
    assert one.post(f"{base}make/", {"key": "k"}).status_code == 302
    batch = PayoutBatch.objects.get()
    assert batch.content_sha256 in body(one, f"{base}{batch.pk}/")
    assert "another steward approves it" in body(one, f"{base}{batch.pk}/")
    approve = {"content": batch.content_sha256}
    refused = one.post(f"{base}{batch.pk}/approve/", approve)
    assert refused.status_code == 403 and "Another steward approves" in refused.content.decode()
    assert not Entry.objects.filter(kind="payout").exists()
    assert two.post(f"{base}{batch.pk}/approve/", approve).status_code == 302
    file = two.post(f"{base}{batch.pk}/bank.csv")
    batch.refresh_from_db()
    assert hashlib.sha256(file.content).hexdigest() == batch.files["bank"]
    assert file.headers["Content-Disposition"].endswith('-bank.csv"')
    assert two.get(f"{base}{batch.pk}/bank.csv").status_code == 405
    assert two.post(f"{base}{batch.pk}/cash.csv").status_code == 404
    assert "DE89370400440532013000" not in body(two, f"{base}{batch.pk}/")


def test_a_settlement_is_taken_in_and_bad_lines_are_listed() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    client, base = recently(shop.stewards[0]), f"/pay/{shop.project_id}/payouts/"

    def upload(content: bytes) -> object:
        file = SimpleUploadedFile("bank.csv", content)
        return client.post(f"{base}evidence/", {"settlement-file": file})

    bad = upload(settlement(outcome(line, amount="9.99"), outcome(line, key="a" * 32)))
    page = bad.content.decode()  # type: ignore[attr-defined]
    assert "Line 2: amount: 3.09 was sent." in page and "Line 3: key: no payment" in page
    assert "Rows that matched nothing" in page and UnmatchedSettlement.objects.count() == 1
    assert not Settlement.objects.exists()
    empty = upload(b"")
    assert empty.status_code == 422  # type: ignore[attr-defined]
    good = upload(settlement(outcome(line)))
    assert good.status_code == 302 and Settlement.objects.count() == 1  # type: ignore[attr-defined]


def test_a_fee_is_paid_back_with_a_click() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    name = line.key[:8]
    typed = {f"{name}-received": "3.09", f"{name}-received_on": TODAY, f"{name}-fee": "0.50"}
    signed_in(shop.worker).post(f"/earnings/payments/{line.pk}/received/", typed)
    client, base = recently(shop.stewards[0]), f"/pay/{shop.project_id}/payouts/"
    assert "Pay back USD 0.50" in body(client, base)
    receipt = PayoutReceipt.objects.get()
    assert client.post(f"{base}fee/{receipt.pk}/").status_code == 302
    assert client.post(f"{base}fee/{receipt.pk}/").status_code == 404
    assert Entry.objects.filter(kind="cost").count() == 1
    assert "The fee was paid back." in body(signed_in(shop.worker), "/earnings/payments/")


def test_all_of_it_is_the_stewards_alone_and_asks_again() -> None:
    shop, stranger = payday(), make_shop().stewards[0]
    batch = made(shop)
    base = f"/pay/{shop.project_id}/"
    pages = [f"{base}reservation/", f"{base}payouts/", f"{base}payouts/{batch.pk}/"]
    acts = [
        f"{base}payouts/make/", f"{base}payouts/evidence/", f"{base}payouts/fee/1/",
        *(f"{base}payouts/{batch.pk}/{act}" for act in ("approve/", "cancel/", "bank.csv")),
    ]  # fmt: skip
    for person in (shop.engineer, shop.worker, stranger):
        assert [recently(person).get(page).status_code for page in pages] == [404] * 3
        assert [recently(person).post(act).status_code for act in acts] == [404] * 6
    steward = User.objects.get(pk=shop.stewards[1].pk)
    steward.set_password("a long enough passphrase")
    steward.save()
    answers = [signed_in(steward).post(act) for act in acts]
    assert all("reauthenticate" in answer.headers["Location"] for answer in answers)
    assert PayoutBatch.objects.get().state == "draft" and not Entry.objects.filter(kind="payout").exists()


def test_a_batch_of_another_project_is_not_found() -> None:
    shop, other = payday(), payday()
    batch = made(other)
    path = f"/pay/{shop.project_id}/payouts/{batch.pk}/"
    assert recently(shop.stewards[0]).get(path).status_code == 404
    assert recently(shop.stewards[0]).post(f"{path}cancel/").status_code == 404
    assert PayoutBatch.objects.get().state == "draft"


def test_the_dashboard_says_what_needs_doing() -> None:
    shop = payday(workers=3)
    set_payout_account(worker=shop.workers[1], details=wallet())
    one, two = shop.stewards
    page = body(signed_in(one), "/pay/")
    assert "Make a payout batch: 2 workers can be paid" in page and "1 account in the 48-hour hold" in page
    batch = made(shop, at=datetime.now(UTC))
    assert "A payout batch to approve" in body(signed_in(two), "/pay/")
    assert "A payout batch to approve" not in body(signed_in(one), "/pay/")
    assert f"/pay/{shop.project_id}/payouts/{batch.pk}/" in body(signed_in(two), "/pay/")
    assert "Nothing waits for you." in body(signed_in(make_shop().stewards[0]), "/pay/")


def test_old_payments_without_evidence_are_on_the_dashboard() -> None:
    shop = payday()
    sent(shop)  # in March
    page = body(signed_in(shop.stewards[0]), "/pay/")
    assert "1 payment without evidence for five days or more" in page
    assert "USD 3.09" in page  # sent


def test_the_reservation_page_has_deposits_and_what_they_were_used_for() -> None:
    shop = payday()
    sent(shop)
    page = body(signed_in(shop.stewards[0]), f"/pay/{shop.project_id}/reservation/")
    assert (
        "bank reference 1" in page and "Rounding up at payout" in page and "at most for what runs now" in page
    )


def test_hostile_names_are_shown_as_text() -> None:
    shop = payday()
    User.objects.filter(pk=shop.worker.pk).update(name="<script>alert(1)</script>")
    set_payout_account(worker=shop.worker, details=bank(holder="A <b>bold</b>"), at=after(days=1))
    batch = made(shop)
    for path in (f"/pay/{shop.project_id}/payouts/", f"/pay/{shop.project_id}/payouts/{batch.pk}/"):
        page = body(signed_in(shop.stewards[0]), path)
        assert "<script>alert" not in page and "<b>bold" not in page


def test_cases_past_their_deadline_are_on_the_dashboard() -> None:
    shop = payday()
    claim(shop, after(hours=5), after(hours=6), at=after(days=8))  # in March
    page = body(signed_in(shop.stewards[0]), "/pay/")
    assert "1 case of pay past the deadline" in page and f"/pay/{shop.project_id}/cases/" in page


def test_the_overview_says_what_needs_doing_and_has_no_forms() -> None:
    shop = payday()
    made(shop, at=datetime.now(UTC))
    page = body(signed_in(shop.stewards[1]), f"/pay/{shop.project_id}/")
    assert "A payout batch to approve" in page
    main = page[page.index("<main") :]
    assert "<form" not in main and "USD 3.08" in main
