"""Weeks above two hours by a person's own word: shown to a steward, who may ask once; nobody's pay changes."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from byhand.accounts.models import InboxMessage, Membership
from byhand.errors import NotAllowed, NotFound
from tests.people import prove_again
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_unknown import leave_gap
from wages.models import GapQuestion, Interval, Posting
from wages.selectors.beyond import beyond_cap_ms
from wages.services import clock
from wages.services.gap_questions import ask_about_gaps
from wages.timekeeping.gap_weeks import unknown_over_two_hours
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
WEEK = date(2026, 3, 2)


def say_yes(shop: Shop, minutes: int, hour: int = 0) -> None:
    gap = leave_gap(shop, after(hours=hour), minutes=minutes)
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(days=1))


def much() -> Shop:
    shop = make_shop()
    say_yes(shop, 60)
    say_yes(shop, 61, hour=5)
    return shop


def test_exactly_two_hours_is_nobodys_business() -> None:
    shop = make_shop()
    say_yes(shop, 60)
    say_yes(shop, 60, hour=5)
    assert unknown_over_two_hours(shop.project_id) == []


def test_above_two_hours_a_steward_sees_the_week_and_a_number() -> None:
    shop = much()
    found = unknown_over_two_hours(shop.project_id)
    assert [(row.number, row.week, row.ms, row.answers, row.asked_at) for row in found] == [
        (1, WEEK, 121 * 60_000, 2, None)
    ]


def test_the_question_goes_to_the_inbox_once_and_changes_no_pay() -> None:
    shop = much()
    before = list(Posting.objects.order_by("id").values_list("id", "amount_micro"))
    for _again in range(2):
        ask_about_gaps(
            actor=shop.stewards[0], project_id=shop.project_id, number=1, week=WEEK, at=after(days=2)
        )
    assert InboxMessage.objects.filter(user=shop.worker).count() == 1
    assert GapQuestion.objects.get().asked_at == after(days=2)
    assert unknown_over_two_hours(shop.project_id)[0].asked_at == after(days=2)
    assert list(Posting.objects.order_by("id").values_list("id", "amount_micro")) == before


def test_who_may_not_ask_changes_nothing() -> None:
    shop = much()
    Membership.objects.create(
        user=shop.worker, organisation=shop.organisation, role="steward", simulated=False
    )
    for actor, number, week, refusal in (
        (shop.engineer, 1, WEEK, NotAllowed),
        (make_user(), 1, WEEK, NotAllowed),
        (shop.worker, 1, WEEK, NotAllowed),
        (shop.stewards[0], 2, WEEK, NotFound),
        (shop.stewards[0], 1, date(2026, 3, 9), NotFound),
    ):
        with pytest.raises(refusal), transaction.atomic():
            ask_about_gaps(actor=actor, project_id=shop.project_id, number=number, week=week)
    assert not GapQuestion.objects.exists()
    assert not InboxMessage.objects.exists()


def test_the_stewards_page_shows_numbers_and_asks(client: Client) -> None:
    shop = much()
    client.force_login(shop.stewards[0])
    prove_again(client, shop.stewards[0])
    page = client.get(reverse("pay_unknown", args=[shop.project_id])).content.decode()
    assert "Ask person 1" in page
    assert shop.worker.email not in page
    answer = client.post(
        reverse("pay_unknown_ask", args=[shop.project_id]), {"number": "1", "week": "2026-03-02"}
    )
    assert answer.status_code == 302
    assert GapQuestion.objects.get().worker == shop.worker


@pytest.mark.parametrize("bad", [{"number": "x", "week": "2026-03-02"}, {"number": "1", "week": "soon"}, {}])
def test_hostile_input_asks_nobody(client: Client, bad: dict[str, str]) -> None:
    shop = much()
    client.force_login(shop.stewards[0])
    prove_again(client, shop.stewards[0])
    assert client.post(reverse("pay_unknown_ask", args=[shop.project_id]), bad).status_code == 422
    assert not GapQuestion.objects.exists()


def test_an_engineer_never_sees_the_page(client: Client) -> None:
    shop = much()
    client.force_login(shop.engineer)
    assert client.get(reverse("pay_unknown", args=[shop.project_id])).status_code == 404


def worked(shop: Shop, hours: int) -> None:
    """Work through, an item an hour, with a beat every 15 minutes."""
    token = clock.clock_token(shop.worker, "s")
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(hours=0))
    for quarter in range(hours * 4):
        at = after(minutes=15 * quarter)
        if quarter % 4 == 0:
            held = clock.lock_clock(worker=shop.worker, at=at)
            work = WorkRef(WorkKind.RANK, f"lease-{quarter}")
            clock.move(held, category=Category.TASK, project_id=shop.project_id, work=work, tab="a")
        clock.beat(token=token, tab="a", seq=quarter, elapsed_ms=quarter, at=at)
    clock.stop(worker=shop.worker, at=after(hours=hours))


def test_work_beyond_a_cap_is_paid_and_counted() -> None:
    shop = make_shop()
    worked(shop, 10)
    paid = sum(Interval.objects.filter(rate_card__isnull=False).values_list("ms", flat=True))
    assert paid == 10 * 3_600_000
    assert beyond_cap_ms(shop.project_id) == 2 * 3_600_000
    assert beyond_cap_ms(shop.project_id, after(days=1), after(days=2)) == 0


def test_within_the_caps_nothing_is_beyond() -> None:
    shop = make_shop()
    worked(shop, 8)
    assert beyond_cap_ms(shop.project_id) == 0
