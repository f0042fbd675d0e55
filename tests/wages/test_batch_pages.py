"""The page of a payout batch: a page of lines at a time, narrowed, exact, and who is left out with the reason."""

from __future__ import annotations

import pytest

from tests.wages.factories import after
from tests.wages.paid import CLOSED, made, outcome, payday, sent, settlement, wallet
from tests.wages.test_pages import signed_in
from tests.wages.test_payout_pages import body
from wages.selectors import batches
from wages.services.payout_accounts import set_payout_account
from wages.services.receipts import record_receipt
from wages.services.settling import settle

pytestmark = pytest.mark.django_db


def test_a_batch_is_shown_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    shop = payday(workers=3)
    batch = made(shop)
    path, client = f"/pay/{shop.project_id}/payouts/{batch.pk}/", signed_in(shop.stewards[1])
    first, second = body(client, path), body(client, f"{path}?page=2")
    keys = [line.key[:8] for line in batch.lines.order_by("worker")]
    assert [key in first for key in keys] == [True, True, False] and "Page 1 of 2" in first
    assert [key in second for key in keys] == [False, False, True] and "Page 2 of 2" in second
    assert "3 lines" in first and body(client, f"{path}?page=999").count("Page 2 of 2") == 1
    assert client.get(f"{path}?page=x").status_code == client.get(f"{path}?show=x").status_code == 422


def test_lines_are_narrowed_to_those_without_outcome_or_failed() -> None:
    shop = payday(workers=4)
    batch = sent(shop)
    settled, failed, told, silent = batch.lines.select_related("worker").order_by("worker")
    outcomes = (outcome(settled), outcome(failed, status="failed", reason="Account is closed"))
    settle(
        actor=shop.stewards[0], project_id=shop.project_id, content=settlement(*outcomes), at=after(days=8)
    )
    record_receipt(
        worker=told.worker,
        line_id=told.pk,
        received_micro=told.amount_micro,
        fee_micro=0,
        received_on=CLOSED.date(),
        at=after(days=8),
    )
    path, client = f"/pay/{shop.project_id}/payouts/{batch.pk}/", signed_in(shop.stewards[1])
    keys = [line.key[:8] for line in (settled, failed, told, silent)]
    seen = {
        show: [f"<code>{key}</code>" in body(client, f"{path}?show={show}") for key in keys]
        for show in ("all", "open", "failed")
    }
    assert seen == {
        "all": [True] * 4,
        "open": [False, False, False, True],
        "failed": [False, True, False, False],
    }
    page = body(client, path)
    assert "All (4)" in page and "Without outcome (1)" in page and "Failed (1)" in page
    assert "Account is closed" in page


def test_what_is_payable_is_shown_to_the_micro_unit() -> None:
    shop = payday()
    batch = made(shop)
    page = body(signed_in(shop.stewards[1]), f"/pay/{shop.project_id}/payouts/{batch.pk}/")
    assert "USD 3.083334" in page and "USD 0.006666" in page and "USD 3.09<" in page


def test_who_is_left_out_is_shown_with_the_reason_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    shop = payday(workers=3)
    for worker in shop.workers[1:]:
        set_payout_account(worker=worker, details=wallet(), at=CLOSED)
    batch = made(shop)
    path, client = f"/pay/{shop.project_id}/payouts/{batch.pk}/", signed_in(shop.stewards[1])
    first, second = body(client, path), body(client, f"{path}?left=2")
    assert "Left out (2)" in first and "the account was in its 48-hour hold" in first
    assert shop.workers[1].email in first and shop.workers[2].email not in first
    assert shop.workers[2].email in second and shop.workers[1].email not in second
