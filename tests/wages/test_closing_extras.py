"""What a close adds to accrued work; and postings, balances, statements and slice say the same to the micro-unit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from byhand.accounts.models import User
from tests.wages.factories import MONDAY, RATE, Shop, after, make_shop, make_user
from wages.closing import freezing
from wages.closing.statement_body import digest
from wages.models import (
    AccountKind,
    DraftLeaf,
    Entry,
    EntryKind,
    Interval,
    LeafName,
    PayTerms,
    PeriodClose,
    Posting,
    RateCard,
    SliceLeaf,
    Statement,
    WorkPlace,
)
from wages.reservation import left_micro
from wages.services import clock
from wages.services.charging import charge, open_period, worker_account
from wages.services.ledger import mirror
from wages.services.periods import close_period
from wages.verification import verify
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
WEEK_LATER = after(days=7)


def work(shop: Shop, worker: User, *, minutes: int, item: str = "lease-1", **since: float) -> None:
    """Let the worker work on one item for so many minutes, at most twenty of them in a row."""
    begun = after(**since)
    clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=begun)
    ref = WorkRef(WorkKind.RANK, item)
    with transaction.atomic():
        locked = clock.lock_clock(worker=worker, at=begun)
        clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=ref, tab="a")
    clock.stop(worker=worker, at=begun + timedelta(minutes=minutes))


def set_terms(shop: Shop, **terms: int) -> None:
    """Give the project terms that were in force in the week, whatever terms it has today."""
    PayTerms.objects.create(
        project=shop.project, version=9, created_by=shop.stewards[0], created_at=after(days=-30), **terms
    )


def earned_by_kind(worker: User) -> dict[str, int]:
    rows = Posting.objects.filter(account__kind="worker_earned", account__worker=worker)
    return dict(rows.values_list("entry__kind").annotate(total=Sum("amount_micro")))


def close(shop: Shop, **at: float) -> PeriodClose:
    moment = after(**at) if at else WEEK_LATER
    return close_period(actor=shop.stewards[0], project_id=shop.project_id, at=moment).closing


def statement(worker: User) -> dict[str, object]:
    kept = Statement.objects.get(worker=worker)
    assert kept.sha256 == digest(kept.body)
    found: dict[str, object] = json.loads(kept.body)
    assert found["total_micro"] == str(kept.payable_micro)
    return found


def bonus(shop: Shop, worker: User, amount_micro: int) -> Entry:
    return charge(
        project=shop.project,
        kind=EntryKind.BONUS,
        amount_micro=amount_micro,
        credit=worker_account(shop.project_id, worker.pk, AccountKind.WORKER_EARNED),
        key=f"test:{worker.pk}:{amount_micro}",
        actor=shop.stewards[0],
        reason="a careful week",
        pay_period=open_period(shop.project_id, MONDAY),
    )


def test_a_week_below_the_floor_is_topped_up_to_it() -> None:
    shop = make_shop(floor_micro=RATE)
    work(shop, shop.worker, minutes=12)
    set_terms(shop, data_hourly_micro=1_000_000)
    done = close(shop)
    # 12 minutes at 18.50 earn 3.70; data costs 0.20 of it, so 0.20 lack
    assert earned_by_kind(shop.worker) == {"work": 3_700_000, "top_up": 200_000, "period": -3_900_000}
    assert (done.topped_up, done.top_up_micro, done.due_micro) == (1, 200_000, 3_900_000)
    floor = statement(shop.worker)["floor"]
    assert isinstance(floor, dict)
    assert (floor["required_micro"], floor["costs_micro"], floor["top_up_micro"]) == (
        "3700000",
        "200000",
        "200000",
    )


def test_a_top_up_beyond_the_reservation_is_owed_by_the_funder() -> None:
    shop = make_shop(floor_micro=RATE, funded_micro=3_700_000)
    work(shop, shop.worker, minutes=12)
    set_terms(shop, data_hourly_micro=1_000_000)
    close(shop)
    assert left_micro(shop.project_id) == -200_000
    top_up = Entry.objects.get(kind="top_up")
    assert set(top_up.postings.values_list("account__kind", flat=True)) == {
        "funder_receivable",
        "worker_earned",
    }


def test_night_and_weekend_premiums_follow_the_declared_zone() -> None:
    night = make_night_shop(night_permille=250)
    WorkPlace.objects.create(
        worker=night.worker, country="KE", zone="Africa/Nairobi", created_at=after(days=-9)
    )
    work(night, night.worker, minutes=12, hours=10, item="evening")  # 22:00 in Nairobi
    close(night)
    # 12 minutes at 18.50 and a quarter of it
    assert earned_by_kind(night.worker) == {"work": 3_700_000, "premium": 925_000, "period": -4_625_000}
    reason = Entry.objects.get(kind="premium").reason
    assert reason == "2026-W10: night, 250 per thousand, 720000 ms"


def make_night_shop(*, floor_micro: int = 0, **terms: int) -> Shop:
    """A shop whose one card has terms beyond the hourly rate."""
    shop = make_shop(hourly_micro=None, floor_micro=floor_micro)
    RateCard.objects.create(
        project=shop.project,
        version=1,
        hourly_micro=RATE,
        period=(after(days=-30), None),
        created_by=shop.stewards[0],
        **terms,
    )
    return shop


def test_the_cards_bonus_is_paid_once_a_period_in_the_name_of_who_set_it() -> None:
    shop = make_night_shop(bonus_micro=5_000_000, bonus_after_ms=600_000)
    work(shop, shop.worker, minutes=10)
    short = make_user()
    work(shop, short, minutes=9)
    close(shop)
    assert earned_by_kind(shop.worker)["bonus"] == 5_000_000
    assert "bonus" not in earned_by_kind(short)
    entry = Entry.objects.get(kind="bonus")
    assert (entry.actor, entry.reason) == (shop.stewards[0], "2026-W10: bonus of the rate card")


def test_declared_contributions_and_fee_are_charged_once_on_all_that_was_earned() -> None:
    shop = make_shop()
    set_terms(shop, contributions_permille=125, platform_fee_permille=30)
    work(shop, shop.worker, minutes=12)
    for _ in range(3):
        close(shop)
    amounts = Posting.objects.filter(account__kind__in=["employer_contributions", "platform_fee"])
    assert dict(amounts.values_list("account__kind", "amount_micro")) == {
        "employer_contributions": 462_500,
        "platform_fee": 111_000,
    }


def test_a_worker_with_an_entry_and_no_time_gets_a_statement_and_a_leaf() -> None:
    shop, idle = make_shop(), make_user()
    bonus(shop, idle, 777)
    close(shop)
    assert statement(idle)["earned_micro"] == {"work": "0", "bonus": "777"}
    bodies = [json.loads(leaf.body) for leaf in SliceLeaf.objects.all()]
    real = [body for body in bodies if body["worker"]]
    assert [(b["category"], b["ms"], b["earned_micro"], b["rate_card"], b["work"]) for b in real] == [
        ("bonus", "0", "777", None, None)
    ]


def test_late_work_is_stated_with_its_own_day() -> None:
    shop = make_shop()
    work(shop, shop.worker, minutes=10)
    close(shop)
    late = make_user()
    work(shop, late, minutes=10, days=1)  # arrives after its week was closed
    close(shop, days=14)
    assert statement(late)["late"] == [{"day": "2026-03-03", "ms": "600000", "earned_micro": "3083334"}]


def test_a_statement_names_the_one_before_it() -> None:
    shop = make_shop()
    work(shop, shop.worker, minutes=10)
    close(shop)
    work(shop, shop.worker, minutes=10, days=8)
    close(shop, days=14)
    first, second = Statement.objects.filter(worker=shop.worker).order_by("id")
    assert json.loads(first.body)["previous_sha256"] is None
    assert json.loads(second.body)["previous_sha256"] == first.sha256


def lived() -> tuple[Shop, User]:
    """A week with work of two people, a gap, a bonus, a reversal, a top-up, and hostile work ids."""
    shop = make_night_shop(weekend_permille=500, bonus_micro=1_000_001, bonus_after_ms=1_000_000)
    other = make_user()
    work(shop, shop.worker, minutes=11, item='a"b\\c\u00e9\u2028')
    work(shop, shop.worker, minutes=7, item="lease-1", days=5)
    work(shop, other, minutes=19, item="lease-2", hours=3)
    clock.start_work(worker=other, project_id=shop.project_id, tab="b", at=after(hours=5))
    locked = clock.lock_clock(worker=other, at=after(hours=5))
    clock.move(
        locked,
        category=Category.TASK,
        project_id=shop.project_id,
        work=WorkRef(WorkKind.RANK, "lost"),
        tab="b",
    )
    clock.stop(worker=other, at=after(hours=6))
    bonus(shop, other, 123_457)
    first = Entry.objects.filter(kind="work", interval__worker=shop.worker).order_by("id")[0]
    mirror(actor=shop.stewards[0], entry=first, reason="Mistake.")
    return shop, other


def test_postings_balances_statements_and_leaves_are_one_sum() -> None:
    shop, other = lived()
    done = close(shop)
    bodies = [json.loads(leaf.body) for leaf in SliceLeaf.objects.all()]
    names = dict(LeafName.objects.values_list("worker_id", "name"))
    for worker in (shop.worker, other):
        leaves = sum(int(b["earned_micro"]) for b in bodies if b["worker"] == names[worker.pk])
        payable = Posting.objects.filter(account__kind="worker_payable", account__worker=worker)
        stated = Statement.objects.get(worker=worker).payable_micro
        assert leaves == stated == payable.aggregate(total=Sum("amount_micro"))["total"]
        rest = Posting.objects.filter(account__kind="worker_earned", account__worker=worker)
        assert rest.aggregate(total=Sum("amount_micro"))["total"] == 0
    assert sum(int(b.get("earned_micro", 0)) for b in bodies) == done.due_micro == done.period.spent_micro
    assert not DraftLeaf.objects.exists()
    assert [finding for finding in verify() if finding.bad] == []


def test_the_leaves_have_the_bytes_that_freezing_gives_them() -> None:
    shop, other = lived()
    close(shop)
    names = dict(LeafName.objects.values_list("name", "worker_id"))
    for text in SliceLeaf.objects.values_list("body", flat=True):
        found = json.loads(text)
        if not found["worker"]:
            assert text == freezing.PADDING
            continue
        kind, _, item = (found["work"] or "").partition(":")
        version = int(found["rate_card"].rpartition("/v")[2]) if found["rate_card"] else None
        row = freezing.Row(
            found["category"], kind, item, version, int(found["ms"]), int(found["earned_micro"])
        )
        assert names[found["worker"]] in {shop.worker.pk, other.pk}
        project = str(shop.project_id)
        assert text == freezing.body(row, found["worker"], project=project, currency="USD", simulated=False)


def test_leaves_stand_in_the_order_of_their_salts() -> None:
    shop, _other = lived()
    close(shop)
    salts = [bytes(salt) for salt in SliceLeaf.objects.order_by("position").values_list("salt", flat=True)]
    assert salts == sorted(salts)
    assert len(set(salts)) == len(salts) == freezing.padded_size(len(salts))


def test_a_gap_that_nobody_answered_is_paid_by_the_rule_and_its_rest_stays_unknown() -> None:
    shop, other = lived()
    done = close(shop)
    assert done.p75_ms == 19 * 60_000
    gap = Interval.objects.get(category="unknown")
    settled = Interval.objects.get(by_rule=True)
    assert (settled.ms, settled.pay_period_id) == (19 * 60_000, done.period_id)
    time = statement(other)["time"]
    assert isinstance(time, dict)
    assert time["unknown_ms"] == str(gap.ms - settled.ms)
