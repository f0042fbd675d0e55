"""A paid pilot says how long a ranking takes; real people are never asked to work without knowing that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.errors import InvalidProject, NoOffer
from annotation.estimates import Estimate, bytes_per_hour, item_bytes, measure, nearest_rank, pay_of
from annotation.models import TimeEstimate
from annotation.publishing import Facts, for_pilot, for_publishing
from annotation.selectors.estimates import data_use, rankings_given, task_times, text_bytes, time_estimate
from annotation.selectors.pay import offer_of
from annotation.selectors.setup import ballots_planned, funding, publishing_reasons
from annotation.services.measuring import measure_again
from annotation.services.piloting import start_pilot
from annotation.services.projects import pause_project, publish_project
from annotation.services.taking import take_next
from byhand.errors import NotAllowed
from tests.annotation.setup_world import begin, change, items_of, piloted, real_world, run_pilot
from tests.annotation.world import add_annotator, fill, fund, make_draft, make_open
from wages.errors import NotPublishable

pytestmark = pytest.mark.django_db

SECONDS = [40, 50, 60, 70, 80, 90, 100, 110, 120, 200]
START = timezone.now() + timedelta(hours=2)  # after any world is made: a rate begins with its project


# --- the figures, alone ------------------------------------------------------------------------------------------


def test_percentiles_are_times_that_somebody_took() -> None:
    assert [nearest_rank([10, 20, 30, 40], percent) for percent in (1, 25, 26, 50, 75, 76, 100)] == [
        10, 10, 20, 20, 30, 40, 40,
    ]  # fmt: skip
    assert measure([s * 1000 for s in reversed(SECONDS)], at_least=10) == Estimate(80_000, 110_000, 10)


def test_too_few_times_are_no_estimate() -> None:
    assert measure([1000] * 9, at_least=10) is None
    assert measure([], at_least=0) is None
    assert measure([1000], at_least=0) == Estimate(1000, 1000, 1)


def test_what_a_ranking_comes_to_is_never_promised_too_high() -> None:
    assert pay_of(75_000, 22_200_000) == 462_500
    assert pay_of(1, 22_200_000) == 6  # 6.1666 micro-units


def test_an_hour_uses_what_its_items_the_first_page_and_the_beats_use() -> None:
    assert item_bytes(text_bytes=4_000, completions=4) == 39_000
    assert (
        bytes_per_hour(text_bytes=4_000, completions=4, median_ms=60_000) == 120_000 + 288_000 + 60 * 39_000
    )


def test_the_reasons_against_publishing_come_with_their_page_and_figures() -> None:
    facts = Facts(
        prompts=3, items=0, ballots_wanted=0, texts_missing=("guidelines",), pay_problems=("No payer.",),
        qualification_on=True, qualification_items=0, gold_percent=5, gold_items=0, pilot_ballots=10,
        pilot_counted=4, estimate=None,
    )  # fmt: skip
    assert [(reason.step, reason.text) for reason in for_publishing(facts)] == [
        ("texts", "There are no guidelines yet: write them."),
        ("people", "A qualification is asked for, but no item has a known answer for it: add at least one."),
        ("people", "5 % gold items are asked for, but no item has a known answer: add some, or set the share to 0."),
        ("pay", "No payer."),
        ("prompts", "There is nothing to rank: generate candidates for the 3 prompts."),
        ("pilot", "Nobody knows yet how long a ranking takes: the paid pilot has 4 of 10 rankings."),
    ]  # fmt: skip
    assert [reason.step for reason in for_pilot(facts)] == ["texts", "people", "people", "pay", "prompts"]


# --- the pilot ---------------------------------------------------------------------------------------------------


def test_a_real_project_is_published_after_its_pilot_and_not_before() -> None:
    world = real_world()
    with pytest.raises(NotPublishable) as refused:
        publish_project(actor=world.engineer, project=world.project)
    assert refused.value.problems == [
        "Nobody knows yet how long a ranking takes: the paid pilot has 0 of 10 rankings."
    ]
    assert (world.fresh().state, TimeEstimate.objects.count()) == ("draft", 0)
    piloted(world, SECONDS, START)
    assert publish_project(actor=world.engineer, project=world.project).state == "open"
    kept = TimeEstimate.objects.get()
    assert (kept.median_ms, kept.p75_ms, kept.ballots) == (80_000, 110_000, 10)


def test_the_pilot_offers_no_more_than_it_asked_for() -> None:
    world = real_world(pilot_ballots=2)
    worker, now = piloted(world, [60, 60], START)
    with pytest.raises(NoOffer) as over:
        begin(world, worker, now)
    assert over.value.details["reason"] == "pilot"
    publish_project(actor=world.engineer, project=world.project)
    assert take_next(worker=worker, project=world.fresh(), at=now + timedelta(seconds=1)) is not None


def test_only_the_pilots_own_rankings_have_to_be_funded_for_it() -> None:
    """12 rankings of an hour cost 293.04 at worst; the two of the pilot 48.84."""
    world = real_world(pilot_ballots=2, fund_micro=48_840_000)
    start_pilot(actor=world.engineer, project=world.project)
    assert world.fresh().state == "pilot"
    worker = add_annotator(world, "pilot")
    run_pilot(world, worker, [60, 60], START)
    with pytest.raises(NotPublishable) as refused:
        publish_project(actor=world.engineer, project=world.project)
    assert "10 ballots x 1.1 x 60 min x USD 22.20 an hour" in refused.value.problems[0]


def test_a_pilot_that_is_not_funded_does_not_begin() -> None:
    world = real_world(pilot_ballots=2, fund_micro=48_839_999)
    with pytest.raises(NotPublishable) as refused:
        start_pilot(actor=world.engineer, project=world.project)
    assert len(refused.value.problems) == 1
    assert world.fresh().state == "draft"


def test_starting_a_pilot_twice_is_one_pilot_and_an_open_project_has_none() -> None:
    world = real_world(pilot_ballots=1)
    for _ in range(2):
        assert start_pilot(actor=world.engineer, project=world.project).state == "pilot"
    assert world.project.state_changes.count() == 1
    run_pilot(world, add_annotator(world, "pilot"), [60], START)
    publish_project(actor=world.engineer, project=world.project)
    with pytest.raises(InvalidProject):
        start_pilot(actor=world.engineer, project=world.project)
    assert world.fresh().state == "open"


def test_only_engineers_start_a_pilot() -> None:
    world = real_world(pilot_ballots=1)
    with pytest.raises(NotAllowed):
        start_pilot(actor=world.steward, project=world.project)
    assert world.fresh().state == "draft"


def test_a_pilot_can_be_paused_and_go_on() -> None:
    world = real_world(pilot_ballots=2)
    start_pilot(actor=world.engineer, project=world.project)
    assert pause_project(actor=world.engineer, project=world.project, reason="engineer").state == "paused"
    assert start_pilot(actor=world.engineer, project=world.project).state == "pilot"


def test_a_simulated_project_may_go_without_a_pilot_and_then_has_no_estimate() -> None:
    world = make_draft()
    fill(world, 2)
    fund(world)
    publish_project(actor=world.engineer, project=world.project)
    assert (world.fresh().state, time_estimate(world.fresh())) == ("open", None)


# --- what is measured and said -----------------------------------------------------------------------------------


def test_breaks_waiting_and_unfinished_items_are_no_part_of_the_estimate() -> None:
    world = real_world(pilot_ballots=2)
    worker, now = piloted(world, [60, 90], START)
    publish_project(actor=world.engineer, project=world.project)
    begin(world, worker, now + timedelta(minutes=10))
    assert sorted(task_times(world.fresh())) == [60_000, 90_000]


def test_measuring_again_keeps_the_older_figure_beside_the_new_one() -> None:
    world = real_world(pilot_ballots=2)
    worker, now = piloted(world, [60, 60], START)
    publish_project(actor=world.engineer, project=world.project)
    run_pilot(world, worker, [300, 300, 300], now + timedelta(seconds=1))
    assert time_estimate(world.fresh()).median_ms == 60_000  # type: ignore[union-attr]
    measure_again(actor=world.engineer, project=world.fresh())
    assert time_estimate(world.fresh()).median_ms == 300_000  # type: ignore[union-attr]
    assert TimeEstimate.objects.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        TimeEstimate.objects.update(median_ms=1)


def test_the_offer_says_a_range_its_pay_and_its_data() -> None:
    world = real_world()
    piloted(world, SECONDS, START)
    publish_project(actor=world.engineer, project=world.project)
    offer = offer_of(world.fresh())
    assert offer.estimate is not None
    assert (offer.estimate.ballots, offer.low_micro, offer.high_micro) == (10, 493_333, 678_333)
    one, hour = data_use(world.fresh(), offer.estimate)
    assert (offer.item_bytes, offer.hour_bytes) == (one, hour)
    assert offer.hour_megabytes == 3


def test_text_bytes_are_bytes_and_not_characters() -> None:
    world = make_draft(k=2)
    fill(world, 1, texts=["mwaka", "año"])  # 5 and 4 bytes
    prompt = items_of(world)[0].prompt.text
    assert text_bytes(world.fresh()) == len(prompt.encode()) + 9


def test_hidden_shares_and_a_target_count_for_the_worst_case() -> None:
    world = make_open(items=10, overlap=2, annotators=0)
    assert ballots_planned(world.fresh()) == 20
    change(world, gold_percent=5, repeat_percent=10)
    assert ballots_planned(world.fresh()) == 23
    change(world, target_ballots=10)
    assert ballots_planned(world.fresh()) == 12


def test_the_rest_of_the_budget_is_said_in_rankings_of_the_slower_pace() -> None:
    world = make_draft()
    fill(world, 2)
    fund(world, 100_000_000)
    found = funding(world.fresh(), Estimate(60_000, 120_000, 10))
    assert found is not None
    assert (found.worst_micro, found.left_micro, found.missing_micro, found.covers) == (
        48_840_000, 100_000_000, 0, 135,
    )  # fmt: skip
    assert publishing_reasons(world.fresh()) == []


def test_the_page_starts_the_pilot_or_says_why_not(client: Client) -> None:
    world = make_draft(simulated=False, slug="real-lab")
    client.force_login(world.engineer)
    address = reverse("project-pilot", args=[world.project.pk])
    page = client.post(address)
    assert page.status_code == 409
    assert "The payer is not named." in page.content.decode()
    fill(world, 12)
    fund(world)
    assert client.post(address).status_code == 302
    assert world.fresh().state == "pilot"
    shown = client.get(reverse("project-setup", args=[world.project.pk, "pilot"])).content.decode()
    assert "0 of 10 rankings of the pilot are in." in shown


def test_rankings_without_a_time_count_towards_the_pilot_and_are_not_measured() -> None:
    world = real_world(pilot_ballots=2)
    start_pilot(actor=world.engineer, project=world.project)
    run_pilot(world, add_annotator(world, "pilot"), [0, 60], START)
    assert (rankings_given(world.fresh()), task_times(world.fresh())) == (2, [60_000])
    publish_project(actor=world.engineer, project=world.project)
    kept = TimeEstimate.objects.get()
    assert (kept.median_ms, kept.ballots) == (60_000, 1)


def test_a_pilot_of_which_nothing_was_timed_publishes_nothing_and_says_why() -> None:
    world = real_world(pilot_ballots=1)
    start_pilot(actor=world.engineer, project=world.project)
    run_pilot(world, add_annotator(world, "pilot"), [0], START)
    with pytest.raises(NotPublishable) as refused:
        publish_project(actor=world.engineer, project=world.project)
    assert refused.value.problems == [
        "Nobody knows yet how long a ranking takes: the paid pilot has 1 of 1 ranking, but none of them has a measured"
        " time."
    ]
    assert (world.fresh().state, TimeEstimate.objects.count()) == ("pilot", 0)
