"""What a project pays beside accrued time: from where, once, and in which period."""

from __future__ import annotations

import pytest

from byhand.errors import Invalid
from tests.wages.factories import MONDAY, Shop, after, make_shop
from wages.errors import KeyReused
from wages.models import AccountKind, Entry, EntryKind, Period, Posting
from wages.reservation import left_micro
from wages.services.charging import charge, open_period, worker_account
from wages.services.ledger import balance, project_account
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db


def bonus(shop: Shop, amount_micro: int, key: str = "bonus:1", worker_at: Period | None = None) -> Entry:
    return charge(
        project=shop.project,
        kind=EntryKind.BONUS,
        amount_micro=amount_micro,
        credit=worker_account(shop.project_id, shop.worker.pk, AccountKind.WORKER_EARNED),
        key=key,
        actor=shop.stewards[0],
        reason="a careful week",
        pay_period=worker_at or open_period(shop.project_id, MONDAY),
    )


def legs(entry: Entry) -> dict[str, int]:
    return dict(entry.postings.values_list("account__kind", "amount_micro"))


def test_the_reservation_pays_while_it_covers_the_amount() -> None:
    shop = make_shop(funded_micro=5_000_000)
    assert legs(bonus(shop, 5_000_000)) == {"reservation": -5_000_000, "worker_earned": 5_000_000}
    assert left_micro(shop.project_id) == 0


def test_what_the_reservation_does_not_cover_is_owed_by_the_funder() -> None:
    shop = make_shop(funded_micro=4_999_999)
    assert legs(bonus(shop, 5_000_000)) == {"funder_receivable": -5_000_000, "worker_earned": 5_000_000}
    assert left_micro(shop.project_id) == -1
    assert balance(project_account(shop.project_id, AccountKind.RESERVATION)) == 4_999_999


def test_the_same_key_pays_once_even_after_the_source_has_changed() -> None:
    shop = make_shop(funded_micro=5_000_000)
    first = bonus(shop, 5_000_000)
    assert bonus(shop, 5_000_000) == first
    assert Entry.objects.filter(kind="bonus").count() == 1


def test_the_same_key_with_another_amount_is_refused() -> None:
    shop = make_shop()
    bonus(shop, 5_000_000)
    with pytest.raises(KeyReused):
        bonus(shop, 5_000_001)
    assert Posting.objects.filter(entry__kind="bonus").count() == 2


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_is_refused(amount: int) -> None:
    shop = make_shop()
    with pytest.raises(Invalid, match="amount_micro"):
        bonus(shop, amount)
    assert not Entry.objects.filter(kind="bonus").exists()


def test_a_fee_is_part_of_no_period() -> None:
    shop = make_shop()
    entry = charge(
        project=shop.project,
        kind=EntryKind.PLATFORM_FEE,
        amount_micro=7,
        credit=project_account(shop.project_id, AccountKind.PLATFORM_FEE),
        key="fee:1",
    )
    assert legs(entry) == {"reservation": -7, "platform_fee": 7}
    assert entry.pay_period is None


def test_accounts_that_a_worker_lacks_are_made_once() -> None:
    shop = make_shop()
    sent = worker_account(shop.project_id, shop.worker.pk, AccountKind.WORKER_SENT)
    assert worker_account(shop.project_id, shop.worker.pk, AccountKind.WORKER_SENT) == sent
    assert (sent.currency, sent.simulated, sent.kind) == ("USD", False, "worker_sent")


def test_what_belongs_to_a_closed_period_goes_to_the_next_one() -> None:
    shop = make_shop()
    first = open_period(shop.project_id, MONDAY)
    bonus(shop, 5, worker_at=first)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    later = open_period(shop.project_id, MONDAY)
    assert (first.label, later.label) == ("2026-W10", "2026-W11")
