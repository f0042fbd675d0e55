"""A qualification: known answers first, with feedback, paid whether passed or not; failing ends offers, not pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.errors import GoldTaken, InvalidProject
from annotation.gold import InvalidGold
from annotation.models import CurrentBallot, Item, Lease, QualificationAnswer, QualificationResult
from annotation.qualification import Outcome, Phase, outcome, phase, tries_left
from annotation.selectors.qualification import feedback_of, must_qualify, next_item, qualification_state
from annotation.services.gold import add_qualification_item, retire_gold
from annotation.services.projects import edit_project, publish_project
from annotation.services.qualification import go_on
from annotation.services.submitting import skip_item
from annotation.services.taking import has_work, reserve_next, take_next
from byhand.accounts.models import User
from byhand.errors import NotAllowed, NotFound
from tests.annotation.setup_world import (
    RIGHT,
    SUPPORT,
    WHY,
    WRONG,
    answer,
    begin,
    change,
    items_of,
    qualify_with,
)
from tests.annotation.world import World, add_annotator, fill, fund, make_draft, make_open, take
from wages.models import Interval
from wages.services.clock import end_break, start_work, stop, take_break

pytestmark = pytest.mark.django_db


def open_with(count: int = 2, items: int = 4, percent: int = 100) -> World:
    """An open project whose first `count` items are its qualification, with one annotator."""
    world = make_draft()
    fill(world, items)
    fund(world)
    qualify_with(world, items_of(world)[:count], percent=percent)
    publish_project(actor=world.engineer, project=world.fresh())
    add_annotator(world, "worker0")
    return world


def finish(world: World, worker: User, lease: Lease) -> Phase:
    return go_on(worker=worker, project=world.fresh(), lease_id=lease.pk).phase


def attempt(world: World, worker: User, body: Mapping[str, Any], count: int = 2) -> Phase:
    """Answer every qualification item so and read what was expected; return where that leads."""
    reached = Phase.ITEM
    for _ in range(count):
        lease = begin(world, worker)
        assert lease is not None and lease.item.role == "qualification"
        answer(worker, lease, body)
        reached = finish(world, worker, lease)
    return reached


# --- the rule, alone ---------------------------------------------------------------------------------------------


def test_exactly_the_required_share_passes_and_one_point_less_does_not() -> None:
    assert outcome([(3, 4), (5, 6)], 80).passed is True
    assert outcome([(3, 4), (4, 6)], 80).passed is False
    assert outcome([(2, 3)], 67).percent == 66
    assert outcome([(2, 3)], 67).passed is False


def test_an_attempt_without_known_facts_decides_nothing() -> None:
    with pytest.raises(ValueError, match="decides nothing"):
        outcome([], 50)


def test_each_phase_follows_from_what_happened() -> None:
    failed, passed = Outcome(0, 3, 50), Outcome(3, 3, 50)

    def now(*results: Outcome, percent: int | None = 50, answered: int = 0, waiting: bool = False) -> Phase:
        return phase(
            required_percent=percent, retries=1, results=results, answered=answered, waiting_feedback=waiting
        )

    assert now(percent=None) is Phase.NOT_ASKED
    assert now() is Phase.ITEM
    assert now(waiting=True) is Phase.FEEDBACK
    assert now(failed) is Phase.TRY_AGAIN
    assert now(failed, answered=1) is Phase.ITEM
    assert now(failed, failed) is Phase.FAILED
    assert now(failed, passed) is Phase.PASSED
    assert now(passed, percent=None) is Phase.PASSED
    assert [tries_left(1, [failed] * n) for n in range(4)] == [2, 1, 0, 0]


# --- the way through ---------------------------------------------------------------------------------------------


def test_whoever_meets_every_point_is_given_ordinary_items_then() -> None:
    world = open_with(count=2)
    assert must_qualify(world.worker, world.fresh()) is True
    assert attempt(world, world.worker, RIGHT) is Phase.PASSED
    assert must_qualify(world.worker, world.fresh()) is False
    row = QualificationResult.objects.get()
    assert (row.attempt, row.right, row.known, row.required_percent, row.passed) == (1, 6, 6, 100, True)
    ordinary = take_next(worker=world.worker, project=world.fresh())
    assert ordinary is not None and Item.objects.get(pk=ordinary.item_id).role == "rank"


def test_the_next_item_waits_until_the_feedback_was_read() -> None:
    world = open_with(count=2)
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease)
    assert take_next(worker=world.worker, project=world.fresh()) is None
    assert Lease.objects.count() == 1
    state = qualification_state(world.worker, world.fresh())
    assert (state.phase, state.feedback, state.number) == (Phase.FEEDBACK, lease.pk, 1)
    assert finish(world, world.worker, lease) is Phase.ITEM
    assert begin(world, world.worker) is not None


def test_nothing_is_fetched_in_advance_during_a_qualification() -> None:
    world = open_with(count=2)
    begin(world, world.worker)
    assert reserve_next(worker=world.worker, project=world.fresh()) is None
    assert Lease.objects.count() == 1


def test_reading_on_twice_counts_once() -> None:
    world = open_with(count=2)
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease, WRONG)
    assert [finish(world, world.worker, lease) for _ in range(2)] == [Phase.ITEM, Phase.ITEM]
    assert QualificationAnswer.objects.count() == 1


def test_a_failed_attempt_may_be_made_again_so_often_and_then_offers_end() -> None:
    world = open_with(count=1, percent=67)
    change(world, qualification_retries=1)
    assert attempt(world, world.worker, WRONG, count=1) is Phase.TRY_AGAIN
    assert has_work(worker=world.worker, project=world.fresh()) is True
    assert attempt(world, world.worker, WRONG, count=1) is Phase.FAILED
    assert list(QualificationResult.objects.values_list("attempt", "right", "known", "passed")) == [
        (1, 0, 3, False),
        (2, 0, 3, False),
    ]
    assert take_next(worker=world.worker, project=world.fresh()) is None
    assert has_work(worker=world.worker, project=world.fresh()) is False
    assert next_item(world.worker, world.fresh()) is None


def test_a_second_try_that_passes_is_enough() -> None:
    world = open_with(count=1)
    assert attempt(world, world.worker, WRONG, count=1) is Phase.TRY_AGAIN
    assert attempt(world, world.worker, RIGHT, count=1) is Phase.PASSED
    assert must_qualify(world.worker, world.fresh()) is False


def test_a_pass_stays_a_pass_where_more_is_asked_later() -> None:
    world = open_with(count=1, percent=60)
    attempt(world, world.worker, RIGHT, count=1)
    change(world, qualification_pass_percent=100)
    assert must_qualify(world.worker, world.fresh()) is False


def test_a_skipped_item_meets_no_point_and_shows_what_was_expected() -> None:
    world = open_with(count=1)
    lease = begin(world, world.worker)
    assert lease is not None
    skip_item(worker=world.worker, lease_id=lease.pk, reason="unclear", key="skip-key-1")
    shown = feedback_of(lease.pk)
    assert (shown.skipped, shown.right, shown.known) == (True, 0, 3)
    assert finish(world, world.worker, lease) is Phase.TRY_AGAIN


def test_the_feedback_speaks_of_the_places_on_the_persons_own_page() -> None:
    world = open_with(count=1)
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease, {"groups": [[0], [2], [1]], "unacceptable": [3]})
    shown, place = feedback_of(lease.pk), {index: at for at, index in enumerate(lease.shown_order, start=1)}
    assert [(fact.upper, fact.lower, fact.met) for fact in shown.orders] == [
        (place[0], place[1], True),
        (place[1], place[2], False),
    ]
    assert shown.unacceptable == ((place[3], True),)
    assert (shown.right, shown.known, shown.explanation) == (2, 3, WHY)
    assert [answer.place for answer in shown.completions] == [1, 2, 3, 4]
    assert [answer.said for answer in shown.completions if answer.place == place[2]] == ["2"]


def test_nobody_reads_on_for_another_person_or_an_ordinary_item() -> None:
    world = open_with(count=1)
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease)
    other = add_annotator(world, "other")
    with pytest.raises(NotFound):
        go_on(worker=other, project=world.fresh(), lease_id=lease.pk)
    finish(world, world.worker, lease)
    ordinary = begin(world, world.worker)
    assert ordinary is not None
    answer(world.worker, ordinary)
    with pytest.raises(NotFound):
        go_on(worker=world.worker, project=world.fresh(), lease_id=ordinary.pk)
    assert QualificationAnswer.objects.count() == 1


def test_retiring_what_is_left_ends_the_attempt_with_what_was_answered() -> None:
    world = open_with(count=2)
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease)
    finish(world, world.worker, lease)
    left = next_item(world.worker, world.fresh())
    assert left is not None
    retire_gold(actor=world.engineer, item=left)
    assert begin(world, world.worker) is None
    assert QualificationResult.objects.get().passed is True


# --- pay and data ------------------------------------------------------------------------------------------------


def test_every_minute_of_a_failed_qualification_is_paid_as_such() -> None:
    world, start = open_with(count=1), timezone.now() + timedelta(minutes=1)
    lease = begin(world, world.worker, start)
    assert lease is not None
    answer(world.worker, lease, WRONG, at=start + timedelta(seconds=90))
    assert take_next(worker=world.worker, project=world.fresh(), at=start + timedelta(seconds=100)) is None
    go_on(worker=world.worker, project=world.fresh(), lease_id=lease.pk, at=start + timedelta(seconds=130))
    begin(world, world.worker, start + timedelta(seconds=160))
    paid = Interval.objects.filter(worker=world.worker, category="qualification")
    assert sorted(paid.values_list("ms", flat=True)) == [60_000, 90_000]
    assert paid.filter(rate_card__isnull=True).count() == 0


def test_a_qualification_counts_for_no_item_and_no_data() -> None:
    world = open_with(count=1)
    attempt(world, world.worker, RIGHT, count=1)
    item = Item.objects.get(role="qualification")
    assert (item.ballots_count, item.live_leases) == (0, 0)
    assert CurrentBallot.objects.count() == 0


def test_two_people_get_the_same_items() -> None:
    world = open_with(count=2)
    other = add_annotator(world, "other")
    assert attempt(world, world.worker, RIGHT) is Phase.PASSED
    assert attempt(world, other, RIGHT) is Phase.PASSED
    assert QualificationResult.objects.filter(passed=True).count() == 2


# --- setting it up -----------------------------------------------------------------------------------------------


def test_an_item_that_people_have_seen_cant_become_a_qualification() -> None:
    world = make_open(items=2)
    lease = take(world)
    before = Item.objects.get(pk=lease.item_id)
    with pytest.raises(GoldTaken):
        add_qualification_item(
            actor=world.engineer, item=before, better=[[0, 1]], unacceptable=[], explanation=WHY
        )
    assert Item.objects.get(pk=lease.item_id).role == "rank"
    assert not hasattr(Item.objects.get(pk=lease.item_id), "gold")


@pytest.mark.parametrize(
    ("better", "unacceptable", "explanation"),
    [([[0, 1], [1, 0]], [], WHY), ([[0, 9]], [], WHY), ([], [], WHY), ([[0, 1]], [], "  "), ([[0]], [], WHY)],
)
def test_an_answer_that_cant_be_known_is_refused(
    better: object, unacceptable: object, explanation: str
) -> None:
    world = make_draft()
    fill(world, 1)
    (item,) = items_of(world)
    with pytest.raises(InvalidGold):
        add_qualification_item(
            actor=world.engineer, item=item, better=better, unacceptable=unacceptable, explanation=explanation
        )
    assert Item.objects.get(pk=item.pk).role == "rank"


def test_only_engineers_say_what_is_expected() -> None:
    world = make_draft()
    fill(world, 1)
    (item,) = items_of(world)
    for who in (world.steward, add_annotator(world, "early", ready=False)):
        with pytest.raises(NotAllowed):
            add_qualification_item(actor=who, item=item, better=[[0, 1]], unacceptable=[], explanation=WHY)
    assert Item.objects.get(pk=item.pk).role == "rank"


def test_a_qualification_needs_somebody_to_ask() -> None:
    world = make_draft()
    with pytest.raises(InvalidProject) as refused:
        edit_project(actor=world.engineer, project=world.project, changes={"qualification_pass_percent": 80})
    assert refused.value.problems == [
        "support_contact: name somebody to ask, since people can fail the qualification."
    ]
    assert world.fresh().qualification_pass_percent is None


def test_the_last_item_of_an_open_qualification_stays() -> None:
    world = open_with(count=1)
    item = Item.objects.get(role="qualification")
    with pytest.raises(GoldTaken):
        retire_gold(actor=world.engineer, item=item)
    assert Item.objects.get(pk=item.pk).gold.retired_at is None


# --- its pages ---------------------------------------------------------------------------------------------------


def page_of(client: Client, world: World) -> str:
    return client.get(reverse("work-project", args=[world.project.pk])).content.decode()


def test_the_pages_lead_through_a_failed_qualification_kindly(client: Client) -> None:
    world = open_with(count=1)
    change(world, qualification_retries=1)
    client.force_login(world.worker)
    assert "Start the qualification" in page_of(client, world)
    for number in range(2):
        step = "work-start" if number == 0 else "work-next"
        client.post(reverse(step, args=[world.project.pk]))
        lease = Lease.objects.get(state="live")
        answer(world.worker, lease, WRONG)
        shown = page_of(client, world)
        assert "What was expected" in shown
        assert WHY in shown
        client.post(reverse("work-go-on", args=[world.project.pk, lease.pk]))
        shown = page_of(client, world)
        assert SUPPORT in shown
        assert ("Not yet" in shown, "offers you no more items" in shown) == (number == 0, number == 1)
    assert "All minutes of the qualification count as work" in shown


def test_a_passed_qualification_leads_straight_to_the_first_item(client: Client) -> None:
    world = open_with(count=1)
    client.force_login(world.worker)
    client.post(reverse("work-start", args=[world.project.pk]))
    lease = Lease.objects.get(state="live")
    answer(world.worker, lease)
    page = client.post(reverse("work-go-on", args=[world.project.pk, lease.pk]), follow=True).content.decode()
    assert "You are qualified: 3 of 3 points, 100 % were needed." in page
    assert Lease.objects.get(state="live").item.role == "rank"


def test_opening_the_feedback_starts_the_paid_clock_by_itself(client: Client) -> None:
    world, long_ago = open_with(count=1), datetime(2026, 1, 1, tzinfo=timezone.get_current_timezone())
    lease = begin(world, world.worker)
    assert lease is not None and long_ago < lease.taken_at
    answer(world.worker, lease)
    client.force_login(world.worker)
    client.post("/clock/stop/")
    state = client.post(reverse("work-begin", args=[world.project.pk])).json()
    assert (state["state"], state["category"]) == ("running", "qualification")


def test_after_a_break_a_qualification_item_goes_on_as_a_qualification_and_again_changes_nothing() -> None:
    world = open_with()
    worker, start = world.annotators[0], timezone.now()
    start_work(worker=worker, project_id=world.project.pk, tab="t", at=start)
    lease = take_next(worker=worker, project=world.fresh(), at=start)
    assert lease is not None
    for number in (1, 2):  # a second break finds the stretch before the first
        take_break(worker=worker, at=start + timedelta(minutes=2 * number))
        end_break(worker=worker, at=start + timedelta(minutes=2 * number + 1))
        end_break(worker=worker, at=start + timedelta(minutes=2 * number + 1))
    stop(worker=worker, at=start + timedelta(minutes=6))
    spent = Interval.objects.filter(worker=worker, work_id=str(lease.pk)).order_by("period")
    assert [(row.category, row.ms // 60_000) for row in spent] == [
        ("qualification", 2), ("qualification", 1), ("qualification", 1)
    ]  # fmt: skip
    breaks = Interval.objects.filter(worker=worker, category="break")
    assert [row.ms for row in breaks] == [60_000, 60_000]


def test_an_item_that_is_ranked_goes_on_as_a_task_after_a_break() -> None:
    world = make_open(items=1)
    worker, start = world.annotators[0], timezone.now()
    start_work(worker=worker, project_id=world.project.pk, tab="t", at=start)
    lease = take_next(worker=worker, project=world.fresh(), at=start)
    take_break(worker=worker, at=start + timedelta(minutes=2))
    end_break(worker=worker, at=start + timedelta(minutes=3))
    stop(worker=worker, at=start + timedelta(minutes=4))
    assert lease is not None
    spent = Interval.objects.filter(worker=worker, work_id=str(lease.pk)).order_by("period")
    assert [row.category for row in spent] == ["task", "task"]
