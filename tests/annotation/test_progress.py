"""How far a project is: counts, throughput, cost and hours that add up, and nobody's own time or pace."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.charts import bar_chart, round_up
from annotation.models import Project
from annotation.selectors.progress import attention, counted, progress_page
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from tests.annotation.world import World, make_draft, make_open
from wages.models import Interval
from wages.selectors.project_time import paid_by_category, spent, worked_by_day, worked_by_hour
from wages.services.clock import start_work, stop

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(minute=10, second=0, microsecond=0) + timedelta(hours=4)  # the rate begins now
LATER = NOON + timedelta(hours=3)
MINUTE = 60_000


def rank_at(world: World, worker: User, at: datetime, minutes: int = 6) -> None:
    """Rank one item in so many minutes."""
    start_work(worker=worker, project_id=world.project.pk, tab="t", at=at)
    lease = take_next(worker=worker, project=world.fresh(), at=at)
    assert lease is not None
    answer = {"groups": [[0], [1, 2]], "unacceptable": [3]}
    ended = at + timedelta(minutes=minutes)
    submit_ballot(worker=worker, lease_id=lease.pk, answer=answer, key=f"key-{lease.pk}", at=ended)
    stop(worker=worker, at=ended)


@pytest.fixture
def world(db: None) -> World:
    cache.clear()
    return make_open(items=6, overlap=3, annotators=3)


def test_hours_cost_and_throughput_add_up(world: World) -> None:
    for worker in world.annotators:
        rank_at(world, worker, NOON)
    shown = progress_page(world.project, at=LATER)
    row = next(row for row in shown.hours if row.starts == NOON.replace(minute=0))
    assert (row.ballots, row.worked_ms) == (3, 18 * MINUTE)
    assert shown.spent is not None
    assert shown.spent.ms == 18 * MINUTE == sum(one.ms for one in shown.categories)
    earned = sum(Interval.objects.values_list("earned_micro", flat=True))
    assert (shown.spent.earned_micro, shown.cost_micro) == (earned, earned // 3)
    assert shown.counted.remaining == 15
    assert [(one.category, one.ms) for one in shown.categories] == [("task", 18 * MINUTE)]


def test_what_two_people_did_is_shown_to_nobody(world: World) -> None:
    for worker in world.annotators[:2]:
        rank_at(world, worker, NOON)
    shown = progress_page(world.project, at=LATER)
    assert (shown.spent, shown.cost_micro, shown.categories) == (None, None, ())
    hour = next(row for row in shown.hours if row.starts == NOON.replace(minute=0))
    assert (hour.ballots, hour.worked_ms) == (None, None)
    assert spent(world.project.pk) is None and paid_by_category(world.project.pk) == []
    since = NOON - timedelta(days=2)
    for rows in (worked_by_hour(world.project.pk, since), worked_by_day(world.project.pk, since)):
        assert {row.ms for row in rows} == {None}


def test_a_third_person_elsewhere_does_not_open_the_hour_of_two(world: World) -> None:
    for worker in world.annotators[:2]:
        rank_at(world, worker, NOON)
    rank_at(world, world.annotators[2], NOON + timedelta(hours=1))
    shown = progress_page(world.project, at=LATER)
    assert [row.ballots for row in shown.hours if row.ballots is None] == [None, None]
    assert shown.spent is not None and shown.spent.ms == 18 * MINUTE


def test_the_page_says_it_and_shows_no_small_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.views.progress.progress_page", lambda one: progress_page(one, at=LATER))
    for worker in world.annotators[:2]:
        rank_at(world, worker, NOON)
    client = Client()
    client.force_login(world.engineer)
    page = client.get(f"/projects/{world.project.pk}/progress/").content.decode()
    assert "fewer than three people" in page and "shown once three people have worked" in page
    live = client.get(f"/projects/{world.project.pk}/progress/?part=live").content.decode()
    assert "<html" not in live and "Rankings that count" in live


def test_figures_are_counted_once_and_kept(world: World) -> None:
    first = progress_page(world.project)
    with CaptureQueriesContext(connection) as asked:
        assert progress_page(world.project) == first
    assert all(
        "django_cache" in query["sql"] or "SAVEPOINT" in query["sql"] for query in asked.captured_queries
    )
    rank_at(world, world.worker, NOON)
    assert counted(world.project).progress.ballots_counted == 0
    cache.clear()
    assert counted(world.project).progress.ballots_counted == 1


def test_what_needs_somebody_is_said(world: World) -> None:
    assert attention(world.fresh()) == []
    draft = make_draft(slug="other-lab").project
    assert attention(draft) == ["Not published yet."]
    paused = Project(pk=world.project.pk, state="paused", paused_reason="budget")
    assert attention(paused) == ["Paused: the reservation covers no more work. A steward has to fund it."]
    long_leases = world.fresh()
    long_leases.lease_ms = 10**15
    assert attention(long_leases) == ["The reservation covers no more work: a steward has to fund it."]


def test_the_list_shows_states_and_leads_on(world: World) -> None:
    client = Client()
    client.force_login(world.engineer)
    page = client.get("/projects/").content.decode()
    assert "0 of 18" in page and f"/projects/{world.project.pk}/progress/" in page
    assert client.get("/projects/?cursor=nonsense").status_code == 400


def test_a_chart_begins_at_zero_and_ends_at_a_round_number() -> None:
    chart = bar_chart([("a", 0), ("b", 30), ("c", None)])
    assert [label for _, label in chart.lines] == ["0", "20", "40"]
    assert [bar.height for bar in chart.bars] == [0.0, 97.5, 0.0]
    assert [bar.value for bar in chart.bars] == [0, 30, None]
    assert all(bar.y + bar.height == chart.base for bar in chart.bars)
    assert bar_chart([]).bars == ()


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (1.01, 2), (3, 4), (4.5, 5), (7, 10), (99, 100), (0.03, 0.04), (20, 20)],
)
def test_round_numbers(value: float, top: float) -> None:
    assert round_up(value) == pytest.approx(top)
