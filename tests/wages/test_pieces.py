"""Pay by the piece: time is guaranteed as it happens, and a submitted piece earns at least its price, once."""

from __future__ import annotations

import pytest

from tests.wages.factories import MONDAY, Shop, after, make_shop
from wages.models import Accrual, Entry, Posting
from wages.reservation import left_micro
from wages.selectors import earnings as earnings_page
from wages.services import clock, pieces, projects
from wages.services.periods import close_period
from wages.verification import verify
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
PIECE = 2_000_000
HOURLY = 18_000_000
ONE, TWO = WorkRef(WorkKind.RANK, "a"), WorkRef(WorkKind.RANK, "b")


def piece_shop(**values: object) -> Shop:
    shop = make_shop(hourly_micro=None, **values)  # type: ignore[arg-type]
    projects.set_rate_card(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        hourly_micro=HOURLY,
        basis="piece",
        piece_micro=PIECE,
        valid_from=after(days=-30),
    )
    return shop


def show(shop: Shop, work: WorkRef, **at: float) -> None:
    locked = clock.lock_clock(worker=shop.worker, at=after(**at))
    clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=work)


def submit(shop: Shop, work: WorkRef, **at: float) -> None:
    """What annotation does: ask before the clock moves, move it, pay."""
    locked = clock.lock_clock(worker=shop.worker, at=after(**at))
    by_piece = pieces.may_be_paid(locked, work)
    if locked.work == work:
        clock.move(locked, category=Category.WAITING, project_id=shop.project_id, work=None)
    if by_piece:
        pieces.pay_piece(locked, project_id=shop.project_id, work=work)


def earned(shop: Shop) -> int:
    rows = Posting.objects.filter(account__worker=shop.worker, account__kind="worker_earned")
    return sum(rows.values_list("amount_micro", flat=True))


def proven() -> None:
    assert [finding for finding in verify() if finding.bad] == []


def test_a_quick_piece_is_filled_up_to_its_price() -> None:
    shop = piece_shop()
    show(shop, ONE)
    submit(shop, ONE, minutes=2)
    # two minutes at 18.00 are 0.60; the piece adds 1.40
    assert list(
        Entry.objects.filter(kind__in=["work", "piece"]).order_by("id").values_list("kind", flat=True)
    ) == [
        "work",
        "piece",
    ]
    row = Accrual.objects.get()
    assert (row.total_ms, row.pieces_micro, row.earned_micro) == (120_000, 1_400_000, PIECE)
    assert earned(shop) == PIECE
    assert left_micro(shop.project_id) == 10**12 - PIECE
    proven()


def test_a_slow_piece_is_paid_for_all_its_time() -> None:
    shop = piece_shop()
    show(shop, ONE)
    submit(shop, ONE, minutes=10)
    assert earned(shop) == 3_000_000
    assert not Entry.objects.filter(kind="piece").exists()


def test_time_on_a_piece_in_parts_counts_together() -> None:
    shop = piece_shop()
    show(shop, ONE)
    show(shop, TWO, minutes=1)
    show(shop, ONE, minutes=2)
    submit(shop, ONE, minutes=4)
    assert Accrual.objects.get().pieces_micro == PIECE - 900_000
    proven()


def test_a_piece_pays_once_however_often_it_is_submitted() -> None:
    shop = piece_shop()
    show(shop, ONE)
    for minute in (2, 2, 3):
        submit(shop, ONE, minutes=minute)
    assert Entry.objects.filter(kind="piece").count() == 1
    assert Accrual.objects.get().pieces_micro == 1_400_000
    proven()


def test_a_piece_that_is_skipped_is_paid_for_its_time_alone() -> None:
    shop = piece_shop()
    show(shop, ONE)
    clock.stop(worker=shop.worker, at=after(minutes=2))
    assert earned(shop) == 600_000


def test_a_piece_submitted_after_the_clock_moved_on_is_paid_too() -> None:
    shop = piece_shop()
    show(shop, ONE)
    show(shop, TWO, minutes=2)
    submit(shop, ONE, minutes=3)
    assert Accrual.objects.get().pieces_micro == 1_400_000
    proven()


def test_a_piece_keeps_the_price_under_which_it_was_shown() -> None:
    shop = piece_shop()
    show(shop, ONE)
    projects.set_rate_card(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        hourly_micro=HOURLY,
        basis="piece",
        piece_micro=1,
        valid_from=after(minutes=1),
        at=after(minutes=1),
    )
    submit(shop, ONE, minutes=2)
    assert earned(shop) == PIECE


def test_work_by_the_hour_asks_nothing(django_assert_num_queries: object) -> None:
    shop = make_shop()
    show(shop, ONE)
    locked = clock.lock_clock(worker=shop.worker, at=after(minutes=2))
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert not pieces.may_be_paid(locked, ONE)


def test_a_piece_is_one_round_trip(django_assert_num_queries: object) -> None:
    shop = piece_shop()
    show(shop, ONE)
    locked = clock.lock_clock(worker=shop.worker, at=after(minutes=2))
    assert pieces.may_be_paid(locked, ONE)
    clock.move(locked, category=Category.WAITING, project_id=shop.project_id, work=None)
    with django_assert_num_queries(1):  # type: ignore[operator]
        pieces.pay_piece(locked, project_id=shop.project_id, work=ONE)


def test_an_empty_reservation_is_owed_by_the_funder() -> None:
    shop = piece_shop(funded_micro=0)
    show(shop, ONE)
    submit(shop, ONE, minutes=2)
    assert left_micro(shop.project_id) == -PIECE
    assert earned(shop) == PIECE


def test_a_piece_whose_period_was_closed_is_paid_in_the_next() -> None:
    shop = piece_shop()
    show(shop, ONE)
    clock.stop(worker=shop.worker, at=after(minutes=2))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    for _ in range(2):
        submit(shop, ONE, days=8)
    late = Entry.objects.get(kind="premium")
    assert late.pay_period is not None and late.pay_period.starts > MONDAY
    assert Posting.objects.get(entry=late, account__worker=shop.worker).amount_micro == 1_400_000
    proven()
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    proven()


def test_a_piece_nobody_saw_the_time_of_is_paid_by_the_card_in_force() -> None:
    shop = piece_shop()
    submit(shop, ONE, minutes=2)
    assert earned(shop) == PIECE
    proven()


def test_a_period_with_pieces_closes_and_proves() -> None:
    shop = piece_shop()
    show(shop, ONE)
    submit(shop, ONE, minutes=2)
    show(shop, TWO, minutes=3)
    submit(shop, TWO, minutes=4)
    clock.stop(worker=shop.worker, at=after(minutes=5))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    proven()


def test_earnings_say_how_much_pieces_added() -> None:
    shop = piece_shop()
    show(shop, ONE)
    submit(shop, ONE, minutes=2)
    (period,) = earnings_page(shop.worker, at=after(minutes=3)).open_periods
    assert (period.micro, period.pieces_micro) == (PIECE, 1_400_000)
