"""Raw beats stay for 90 days after their pay arrived, to the day, and not a moment less."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from byhand.accounts.models import User
from tests.wages.factories import MONDAY, Shop, after, make_shop
from wages.models import Beat, Case, CaseDecision, Entry, LedgerAccount, Posting, Statement
from wages.selectors.cases import has_open_case
from wages.services import clock
from wages.services.periods import close_period
from wages.services.retention import delete_old_beats

pytestmark = pytest.mark.django_db

CLOSED = after(days=8)
ARRIVED = after(days=12)
NINETY = timedelta(days=90)
A_MOMENT = timedelta(microseconds=1000)


def beat(worker: User, at: datetime) -> None:
    Beat.objects.create(worker=worker, session="s", tab=uuid4().hex, seq=1, elapsed_ms=1, focused=True, at=at)


def worked(*, simulated: bool = False) -> Shop:
    shop = make_shop(simulated=simulated)
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=MONDAY)
    clock.stop(worker=shop.worker, at=after(minutes=10))
    beat(shop.worker, after(minutes=5))
    return shop


def pay(shop: Shop, at: datetime, *, of: int = 1) -> None:
    """Send and settle one part of `of` of what is payable, as payouts post it."""
    accounts = {
        kind: LedgerAccount.objects.get_or_create(
            project=shop.project,
            worker=shop.worker,
            kind=kind,
            currency="USD",
            simulated=shop.project.simulated,
        )[0]
        for kind in ("worker_payable", "worker_sent", "worker_received")
    }
    due = sum(accounts["worker_payable"].postings.values_list("amount_micro", flat=True)) // of
    for kind, source, target in (
        ("payout", "worker_payable", "worker_sent"),
        ("received", "worker_sent", "worker_received"),
    ):
        entry = Entry.objects.create(
            kind=kind, key=f"{kind}:{uuid4()}", project=shop.project, simulated=shop.project.simulated, at=at
        )
        for account, amount in ((source, -due), (target, due)):
            Posting.objects.create(
                entry=entry, account=accounts[account], amount_micro=amount, currency="USD",
                simulated=shop.project.simulated,
            )  # fmt: skip


def left() -> int:
    return Beat.objects.count()


def test_they_go_ninety_days_after_the_pay_arrived_and_not_a_moment_before() -> None:
    shop = worked()
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    pay(shop, ARRIVED)
    assert delete_old_beats(at=ARRIVED + NINETY - A_MOMENT) == 0
    assert left() == 1
    assert delete_old_beats(at=ARRIVED + NINETY) == 1
    assert delete_old_beats(at=ARRIVED + NINETY) == 0


def test_they_stay_while_the_period_is_open_or_any_part_of_its_pay_is_missing() -> None:
    shop = worked()
    much_later = after(days=400)
    assert delete_old_beats(at=much_later) == 0
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    assert delete_old_beats(at=much_later) == 0
    pay(shop, ARRIVED, of=2)
    assert delete_old_beats(at=much_later) == 0
    pay(shop, ARRIVED + timedelta(days=30))
    assert delete_old_beats(at=ARRIVED + timedelta(days=30) + NINETY - A_MOMENT) == 0
    assert delete_old_beats(at=ARRIVED + timedelta(days=30) + NINETY) == 1


def test_in_a_simulated_project_the_close_settles() -> None:
    shop = worked(simulated=True)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    assert delete_old_beats(at=CLOSED + NINETY - A_MOMENT) == 0
    assert delete_old_beats(at=CLOSED + NINETY) == 1


def test_beats_of_a_later_unsettled_period_stay_when_the_earlier_ones_go() -> None:
    shop = worked()
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    pay(shop, ARRIVED)
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="b", at=after(days=8, hours=2))
    clock.stop(worker=shop.worker, at=after(days=8, hours=2, minutes=9))
    beat(shop.worker, after(days=8, hours=2, minutes=5))
    assert delete_old_beats(at=after(days=400)) == 1
    assert Beat.objects.get().at == after(days=8, hours=2, minutes=5)


def test_somebody_elses_unsettled_pay_keeps_nothing_of_mine() -> None:
    mine, other = worked(), worked()
    close_period(actor=mine.stewards[0], project_id=mine.project_id, at=CLOSED)
    pay(mine, ARRIVED)
    assert delete_old_beats(at=ARRIVED + NINETY) == 1
    assert Beat.objects.get().worker_id == other.worker.pk


def test_they_stay_while_anything_about_the_pay_is_disputed() -> None:
    shop = worked()
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    pay(shop, ARRIVED)
    case = Case.objects.create(
        kind="dispute", project=shop.project, worker=shop.worker, simulated=False, opened_by=shop.worker,
        opened_at=ARRIVED, due_at=ARRIVED + timedelta(days=7), key="one", statement=Statement.objects.get(),
    )  # fmt: skip
    assert delete_old_beats(at=after(days=400)) == 0
    assert has_open_case(shop.worker.pk)
    CaseDecision.objects.create(
        case=case, round=1, outcome="refused", decided_by=shop.stewards[1], at=ARRIVED
    )
    assert not has_open_case(shop.worker.pk)
    assert delete_old_beats(at=after(days=400)) == 1


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(caught.value)


def test_the_database_keeps_younger_beats_whoever_asks() -> None:
    shop = worked()
    beat(shop.worker, timezone.now() - NINETY + timedelta(minutes=1))
    assert "is kept for 90 days" in refused("DELETE FROM wages_beat")
    assert "permission denied" in refused("TRUNCATE wages_beat")
    assert left() == 2
