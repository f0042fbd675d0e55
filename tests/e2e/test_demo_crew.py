"""The simulated annotators against a live site: they work as browsers do, and the clock pays them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db.models import Sum

from annotation.models import Acceptance, Ballot, Item, Project, TimeEstimate
from annotation.services.completions import (
    GeneratedCompletion,
    begin_generation,
    finish_generation,
    store_completions,
)
from annotation.services.projects import publish_project
from byhand.demo import crew
from byhand.demo.cast import CREW_LOGINS, Cast, assemble, invite_to
from byhand.demo.client import Browser, SiteRefused
from byhand.demo.hidden import HiddenPreference
from byhand.demo.people import CREW
from byhand.demo.projects import Plan, set_up
from wages.models import Beat, Interval, WorkerClock

PLAN = Plan(
    key="crew", title="Crew", prompts=[f"How is place {n}?" for n in range(8)], overlap=2, overlap_percent=100,
    funding_micro=10_000_000_000,
)  # fmt: skip


@pytest.fixture
def cast(live_site: str, tmp_path: Path) -> Cast:
    return assemble(tmp_path)


@pytest.fixture
def project(cast: Cast) -> Project:
    project = set_up(cast, PLAN)
    generation = begin_generation(
        project_id=project.pk, job_id=project.pk, policy_digest="0" * 64, policy_name="a test", sampling={}
    )
    texts = ["It is very calm.", "It is very open.", "It is very dull.", "Look it up yourself."]
    rows = [
        GeneratedCompletion(prompt.pk, index, text, index, [-0.5], "stop")
        for prompt in project.prompts.all()
        for index, text in enumerate(texts)
    ]
    store_completions(generation_id=generation.pk, rows=rows)
    finish_generation(generation_id=generation.pk)
    invite_to(cast, project, CREW_LOGINS[:3])
    return publish_project(actor=cast.engineer, project=project)


def test_three_at_once_fill_every_slot_once_and_are_paid_by_the_clock(
    live_site: str, cast: Cast, project: Project
) -> None:
    workers = [
        crew.Worker(cast[login], person) for login, person in zip(CREW_LOGINS[:3], CREW[:3], strict=True)
    ]
    seen: list[int] = []
    tally = crew.work(
        live_site, project.pk, workers, hidden=HiddenPreference.of(1), seed=1, on_ballot=seen.append
    )  # fmt: skip
    assert (tally.counted, tally.surplus) == (16, 0)
    assert Ballot.objects.filter(surplus=False).count() == 16
    assert set(Item.objects.values_list("ballots_count", "live_leases")) == {(2, 0)}
    assert sorted(seen) == list(range(1, 17))
    assert Acceptance.objects.count() == 3 * 2  # each read and accepted terms and guidelines
    assert Beat.objects.values("worker").distinct().count() == 3
    assert set(WorkerClock.objects.values_list("category", flat=True)) == {""}  # all stopped
    paid = {row["worker"]: row["n"] for row in Interval.objects.values("worker").annotate(n=Sum("ms"))}
    assert len(paid) == 3
    assert all(ms > 0 for ms in paid.values())


def test_working_again_when_nothing_is_left_ends_at_once_and_adds_no_ballot(
    live_site: str, cast: Cast, project: Project
) -> None:
    workers = [crew.Worker(cast[CREW_LOGINS[0]], CREW[0])]
    for _ in range(2):
        crew.work(
            live_site, project.pk, workers, hidden=HiddenPreference.of(1), seed=1, on_ballot=lambda _: None
        )
    assert Ballot.objects.count() == 8


def test_one_of_them_makes_the_pilot_and_the_site_ends_it(
    live_site: str, cast: Cast, project: Project
) -> None:
    Project.objects.filter(pk=project.pk).update(state="pilot", pilot_ballots=5)
    tally = crew.work(
        live_site, project.pk, [crew.Worker(cast[CREW_LOGINS[0]], CREW[0])], hidden=HiddenPreference.of(1),
        seed=1, on_ballot=lambda _: None,
    )  # fmt: skip
    assert (tally.counted, Ballot.objects.count()) == (5, 5)
    assert publish_project(actor=cast.engineer, project=project).state == "open"
    assert TimeEstimate.objects.get().ballots == 5


def test_a_wrong_password_is_refused_with_what_the_site_said(live_site: str, cast: Cast) -> None:
    with Browser(live_site) as browser, pytest.raises(SiteRefused, match="could not sign in"):
        browser.sign_in(cast[CREW_LOGINS[0]].email, "not the password")


def test_a_refusal_carries_the_stable_code(live_site: str, cast: Cast, project: Project) -> None:
    stranger = cast[CREW_LOGINS[5]]
    invite_to(cast, project, (stranger.login,))
    with Browser(live_site) as browser:
        browser.sign_in(stranger.email, stranger.password)
        with pytest.raises(SiteRefused) as refusal:
            browser.post_json(f"/api/v1/work/{project.pk}/next", {"tab": "x"})
    assert refusal.value.code == "not_accepted"
    assert json.loads(str(refusal.value).split(" ", 3)[3])["status"] == 409
