"""Settings change with a record of what they were, until a change would rewrite what people were asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotation.errors import InvalidProject, SettingBound
from annotation.models import Project, SettingChange, StateChange
from annotation.project_settings import NAMES, Bound, Settings, bound, problems
from annotation.selectors.projects import pause_words
from annotation.services.projects import (
    close_project,
    create_draft,
    edit_project,
    pause_project,
    publish_project,
)
from annotation.services.submitting import submit_ballot
from byhand.errors import NotAllowed
from tests.annotation.setup_world import RIGHT, SUPPORT, change
from tests.annotation.world import World, make_draft, make_open, take

pytestmark = pytest.mark.django_db

GOOD = Settings("Capitals", k=4, overlap=2)


def wrong(**changes: Any) -> list[str]:
    return problems(Settings(**{**{name: getattr(GOOD, name) for name in NAMES}, **changes}), simulated=False)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": " "}, "title: required, at most 200 characters."),
        ({"k": 10}, "k: from 2 to 9 completions in a ranking, not 10."),
        ({"top_m": 4}, "top_m: the best 1 to 3 of 4, or nothing for a full order, not 4."),
        ({"dimensions": ("wit",)}, "dimensions: 'wit' is none of accuracy, helpfulness, clarity, conciseness, "
         "appropriateness, safety."),
        ({"dimensions": ("clarity", "clarity")}, "dimensions: name each one once."),
        ({"content_warning": "violence"}, "support_contact: name somebody to turn to, since the content carries a "
         "warning."),
        ({"exposure_ms": 59_999}, "exposure_ms: from one minute to one day in any 24 hours, or nothing."),
        ({"gold_percent": 51}, "gold_percent: from 0 to 50 percent, not 51."),
        ({"repeat_percent": -1}, "repeat_percent: from 0 to 50 percent, not -1."),
        ({"pilot_ballots": 0}, "pilot_ballots: at least 1. Only a simulated project may go without a paid pilot."),
        ({"target_ballots": 0}, "target_ballots: at least 1 ranking, or nothing for all of them."),
        ({"qualification_retries": 10}, "qualification_retries: from 0 to 9 times, not 10."),
    ],
)  # fmt: skip
def test_a_setting_that_cant_be_is_named_with_what_may_be(changes: dict[str, Any], problem: str) -> None:
    assert wrong(**changes) == [problem]


def test_the_edges_are_allowed() -> None:
    assert (
        wrong(k=9, top_m=8, gold_percent=50, repeat_percent=50, overlap_percent=0, exposure_ms=60_000) == []
    )
    assert problems(GOOD, simulated=True) == []


def test_what_stands_fast_and_why() -> None:
    draft = Bound(published=False, has_items=False, has_ballots=False, pay_set=False)
    assert set(bound(draft)) == {"k"}
    assert set(bound(Bound(True, True, True, True))) == {"k", "title", "top_m"}


def test_every_change_is_kept_with_its_old_value_and_the_same_value_changes_nothing() -> None:
    world = make_draft()
    change(world, overlap=3, dimensions=["clarity"])
    change(world, overlap=3)
    rows = SettingChange.objects.filter(project=world.project).order_by("name")
    assert list(rows.values_list("name", "before", "after", "actor")) == [
        ("dimensions", [], ["clarity"], world.engineer.pk),
        ("overlap", 1, 3, world.engineer.pk),
    ]
    project = world.fresh()
    assert (project.overlap, project.dimensions) == (3, ["clarity"])


def test_a_wrong_value_among_right_ones_changes_nothing() -> None:
    world = make_draft()
    with pytest.raises(InvalidProject):
        change(world, overlap=3, gold_percent=90)
    with pytest.raises(InvalidProject):
        change(world, overlap=3, colour="red")
    assert (world.fresh().overlap, SettingChange.objects.count()) == (1, 0)


def test_only_engineers_of_the_organisation_change_settings() -> None:
    world, other = make_draft(), make_draft(slug="other-lab")
    for who in (world.steward, other.engineer):
        with pytest.raises(NotAllowed):
            edit_project(actor=who, project=world.project, changes={"overlap": 3})
    assert world.fresh().overlap == 1


def test_the_number_of_completions_stands_fast_from_the_start() -> None:
    world = make_draft()
    with pytest.raises(SettingBound) as refused:
        change(world, k=5)
    assert refused.value.problems[0].startswith("k: It is decided when the project is made")
    assert world.fresh().k == 4


def test_the_best_so_many_may_change_until_there_is_a_ranking() -> None:
    world = make_open(items=2)
    change(world, top_m=2)
    lease = take(world)
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=RIGHT, key="first-key")
    with pytest.raises(SettingBound):
        change(world, top_m=3)
    assert world.fresh().top_m == 2


def test_the_database_keeps_what_stands_fast_too() -> None:
    world = make_open(items=2)
    lease = take(world)
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=RIGHT, key="first-key")
    for values in ({"top_m": 2}, {"k": 5}, {"dimensions": ["wit"]}, {"exposure_ms": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Project.objects.filter(pk=world.project.pk).update(**values)
    real = make_draft(simulated=False, slug="real-lab")
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=real.project.pk).update(pilot_ballots=0)
    assert Project.objects.get(pk=real.project.pk).pilot_ballots == 10


# --- opening, pausing, closing -----------------------------------------------------------------------------------


def test_a_pause_keeps_its_words_and_its_people_read_them(client: Client) -> None:
    world = make_open(items=2)
    pause_project(
        actor=world.engineer, project=world.project, reason="engineer", words="Back on Monday.\r\nThank you!"
    )
    assert (world.fresh().state, pause_words(world.fresh())) == ("paused", "Back on Monday.\nThank you!")
    client.force_login(world.worker)
    page = client.get(reverse("work-project", args=[world.project.pk])).content.decode()
    assert "This project offers no work now." in page
    assert "Back on Monday." in page


def test_words_of_an_earlier_pause_are_not_shown_later() -> None:
    world = make_open(items=2)
    pause_project(actor=world.engineer, project=world.project, reason="engineer", words="Back on Monday.")
    publish_project(actor=world.engineer, project=world.project)
    assert pause_words(world.fresh()) == ""
    pause_project(actor=None, project=world.project, reason="budget")
    assert (pause_words(world.fresh()), world.fresh().paused_reason) == ("", "budget")
    states = StateChange.objects.filter(project=world.project).order_by("pk")
    assert list(states.values_list("state", "actor")) == [
        ("open", world.engineer.pk),
        ("paused", world.engineer.pk),
        ("open", world.engineer.pk),
        ("paused", None),
    ]


def test_a_closed_project_offers_nothing_and_opens_again_by_publishing() -> None:
    world = make_open(items=2)
    close_project(actor=world.engineer, project=world.project, words="All done.")
    assert (world.fresh().state, pause_words(world.fresh())) == ("closed", "All done.")
    assert publish_project(actor=world.engineer, project=world.project).state == "open"


def test_a_draft_cant_be_closed_and_too_many_words_are_refused() -> None:
    world = make_draft()
    with pytest.raises(InvalidProject):
        close_project(actor=world.engineer, project=world.project)
    opened = make_open_here(world)
    with pytest.raises(InvalidProject):
        pause_project(actor=opened.engineer, project=opened.project, reason="engineer", words="x" * 1001)
    assert opened.fresh().state == "open"


def make_open_here(world: World) -> World:
    Project.objects.filter(pk=world.project.pk).update(state="open")
    return world


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def engineer(client: Client) -> tuple[Client, World]:
    world = make_draft()
    client.force_login(world.engineer)
    return client, world


STEPS = ["basics", "question", "texts", "people", "pay", "prompts", "pilot", "publish"]


@pytest.mark.parametrize("step", STEPS)
def test_each_page_of_the_set_up_opens_and_says_what_is_missing(
    engineer: tuple[Client, World], step: str
) -> None:
    client, world = engineer
    page = client.get(reverse("project-setup", args=[world.project.pk, step]))
    assert page.status_code == 200
    assert "The payer is not named." in page.content.decode()
    assert "There are no prompts yet: import some." in page.content.decode()


def test_a_draft_without_pay_and_texts_shows_every_page(client: Client) -> None:
    world = make_draft()
    draft = create_draft(actor=world.engineer, organisation=world.organisation, settings=GOOD)
    client.force_login(world.engineer)
    for step in STEPS:
        page = client.get(reverse("project-setup", args=[draft.pk, step]))
        assert page.status_code == 200
        assert "There are no guidelines yet: write them." in page.content.decode()
    assert client.get(reverse("project", args=[draft.pk])).status_code == 200


def test_a_page_saves_by_itself_and_leads_to_the_next(engineer: tuple[Client, World]) -> None:
    client, world = engineer
    answer = client.post(
        reverse("project-setup", args=[world.project.pk, "people"]),
        {
            "content_warning": "Insults.", "support_contact": SUPPORT, "exposure_ms": 120, "gold_percent": 5,
            "repeat_percent": 10, "repeat_after_ms": 30, "qualification_pass_percent": "",
            "qualification_retries": 2,
        },
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (
        302,
        reverse("project-setup", args=[world.project.pk, "pay"]),
    )
    project = world.fresh()
    assert (project.content_warning, project.exposure_ms, project.repeat_after_ms) == (
        "Insults.", 7_200_000, 1_800_000,
    )  # fmt: skip


def test_a_problem_stands_beside_its_field_and_nothing_is_saved(engineer: tuple[Client, World]) -> None:
    client, world = engineer
    page = client.post(
        reverse("project-setup", args=[world.project.pk, "people"]),
        {"content_warning": "Insults.", "gold_percent": 5, "repeat_percent": 0, "repeat_after_ms": 60,
         "qualification_retries": 2},
    )  # fmt: skip
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["support_contact"]
    assert world.fresh().gold_percent == 0


def test_a_setting_that_stands_fast_is_shown_with_its_reason_and_not_taken(
    engineer: tuple[Client, World],
) -> None:
    client, world = engineer
    address = reverse("project-setup", args=[world.project.pk, "basics"])
    assert "It is decided when the project is made" in client.get(address).content.decode()
    client.post(
        address,
        {
            "title": "Other",
            "k": 7,
            "languages": "en",
            "overlap": 2,
            "overlap_percent": 100,
            "target_ballots": 50,
        },
    )
    project = world.fresh()
    assert (project.title, project.k, project.overlap, project.target_ballots) == ("Capitals", 4, 2, 50)


@pytest.mark.parametrize("step", STEPS)
def test_others_find_no_set_up(client: Client, step: str) -> None:
    world, other = make_draft(), make_draft(slug="other-lab")
    for who in (other.engineer, world.steward):
        client.force_login(who)
        assert client.get(reverse("project-setup", args=[world.project.pk, step])).status_code == 404
        assert client.post(reverse("project-setup", args=[world.project.pk, step])).status_code == 404
    client.force_login(world.engineer)
    assert client.get(reverse("project-setup", args=[world.project.pk, "colours"])).status_code == 404


def test_a_refused_text_of_the_set_up_comes_back_as_it_was_written(engineer: tuple[Client, World]) -> None:
    client, world = engineer
    page = client.post(
        reverse("project-setup", args=[world.project.pk, "texts"]),
        {"terms": "New terms.", "guidelines": " ", "terms_note": "All of it."},
    )
    assert page.status_code == 422
    text = page.content.decode()
    assert "New terms.</textarea>" in text
    assert 'value="All of it."' in text
    assert "guidelines: required." in text
    assert world.project.documents.filter(kind="terms").count() == 1


def test_the_last_page_lists_what_changed_and_when_it_was_opened(engineer: tuple[Client, World]) -> None:
    client, world = engineer
    change(world, overlap=7)
    pause_project(
        actor=world.engineer, project=make_open_here(world).project, reason="engineer", words="Soon back."
    )
    page = client.get(reverse("project-setup", args=[world.project.pk, "publish"])).content.decode()
    assert "Settings that changed" in page
    assert "<bdi>1</bdi></td><td><bdi>7</bdi>" in page
    assert "Soon back." in page
