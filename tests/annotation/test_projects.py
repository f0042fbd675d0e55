"""Engineers make, fill and publish projects of their own organisation; nobody else sees them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.errors import InvalidProject, SimulatedMismatch
from annotation.models import Document, DocumentKind, Item, Project, Prompt
from annotation.project_settings import Settings
from annotation.selectors import prompts_to_generate
from annotation.services.completions import (
    GeneratedCompletion,
    begin_generation,
    finish_generation,
    store_completions,
)
from annotation.services.documents import write_document
from annotation.services.imports import import_prompts
from annotation.services.projects import create_draft, create_project, publish_project
from byhand.errors import Invalid, NotAllowed
from tests.annotation.world import (
    SOURCE,
    World,
    add_annotator,
    fill,
    fund,
    generate,
    make_draft,
    make_open,
    person,
    prompts_file,
)
from wages.errors import NotPublishable
from wages.models import PaidProject, RateCard

pytestmark = pytest.mark.django_db


def make(world: World, **options: Any) -> Project:
    values: dict[str, Any] = {
        "actor": world.engineer, "organisation": world.organisation, "title": "Second", "k": 3, "overlap": 2,
        "currency": "KES", "hourly_micro": 500_000_000, "declared_floor_micro": 400_000_000, "simulated": True,
    }  # fmt: skip
    return create_project(**{**values, **options})


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Project, Document, PaidProject, RateCard))


def test_a_project_begins_with_texts_and_a_rate_card() -> None:
    project = make_draft().project
    assert (project.state, project.k, project.overlap, project.simulated) == ("draft", 4, 1, True)
    kinds = Document.objects.filter(project=project).values_list("kind", "version")
    assert sorted(kinds) == [("guidelines", 1), ("terms", 1)]
    assert RateCard.objects.get(project=project.pk).hourly_micro == 22_200_000


def test_the_same_project_id_makes_one_project() -> None:
    world, project_id = make_draft(), uuid.uuid4()
    assert make(world, project_id=project_id).pk == make(world, project_id=project_id).pk
    assert counts() == (2, 4, 2, 2)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"k": 10}, InvalidProject),
        ({"overlap": 0}, InvalidProject),
        ({"title": " "}, InvalidProject),
        ({"languages": ["english please"]}, InvalidProject),
        ({"currency": "XYZ"}, Invalid),
        ({"hourly_micro": 399_000_000}, Invalid),
        ({"simulated": False}, SimulatedMismatch),
        ({"guidelines": "x" * 60_001}, InvalidProject),
    ],
)
def test_a_project_that_cant_be_is_refused_whole(options: dict[str, Any], error: type[Exception]) -> None:
    world = make_draft()
    before = counts()
    with pytest.raises(error):
        make(world, **options)
    assert counts() == before


def test_only_engineers_make_projects() -> None:
    world = make_draft()
    before = counts()
    for who in (world.steward, person("stranger")):
        with pytest.raises(NotAllowed):
            make(world, actor=who)
    assert counts() == before


def test_publishing_says_everything_that_is_missing() -> None:
    world = make_draft()
    with pytest.raises(NotPublishable) as empty:
        publish_project(actor=world.engineer, project=world.project)
    assert empty.value.problems == [
        "The payer is not named. A steward names the legal entity, its country and the relation.",
        "No country is listed. A steward lists where the project is offered, in its terms.",
        "There are no prompts yet: import some.",
    ]
    fill(world, 3)
    with pytest.raises(NotPublishable) as refused:
        publish_project(actor=world.engineer, project=world.project)
    assert refused.value.problems == [
        "The payer is not named. A steward names the legal entity, its country and the relation.",
        "No country is listed. A steward lists where the project is offered, in its terms.",
        "The reservation holds USD 0.00; the worst case is USD 73.26 (3 ballots x 1.1 x 60 min x USD 22.20 an hour). "
        "Deposit USD 73.26 more.",
    ]
    assert world.fresh().state == "draft"
    fund(world, 73_260_000)
    assert publish_project(actor=world.engineer, project=world.project).state == "open"


def test_a_new_text_is_a_new_version_and_the_same_text_is_not() -> None:
    world = make_draft()
    first = Document.objects.get(kind="guidelines")
    same = write_document(
        actor=world.engineer, project=world.project, kind=DocumentKind.GUIDELINES, text=first.text
    )
    new = write_document(
        actor=world.engineer, project=world.project, kind=DocumentKind.GUIDELINES, text="Be kind.\r\n"
    )
    assert (same.pk, new.version, new.text) == (first.pk, 2, "Be kind.")


# --- completions -----------------------------------------------------------------------------------------------


def test_items_open_for_prompts_that_have_all_completions_and_a_rerun_adds_nothing() -> None:
    world = make_draft(k=2)
    fill_prompts(world, 2)
    one, two = Prompt.objects.order_by("pk")
    job = uuid.uuid4()
    begin: dict[str, Any] = {
        "project_id": world.project.pk,
        "job_id": job,
        "policy_digest": "d" * 64,
        "policy_name": "p",
        "sampling": {},
    }
    generation = begin_generation(**begin)
    assert begin_generation(**begin).pk == generation.pk
    rows = [row(one.pk, 0), row(one.pk, 1, "nul \x00"), row(two.pk, 0)]
    assert store_completions(generation_id=generation.pk, rows=rows) == 3
    assert store_completions(generation_id=generation.pk, rows=rows) == 0
    assert prompts_to_generate(generation.pk) == [(two.pk, two.text)]
    assert (
        finish_generation(generation_id=generation.pk),
        finish_generation(generation_id=generation.pk),
    ) == (1, 0)
    assert store_completions(generation_id=generation.pk, rows=[row(two.pk, 1)]) == 1
    assert finish_generation(generation_id=generation.pk) == 1
    assert list(Item.objects.order_by("pk").values_list("prompt", flat=True)) == [one.pk, two.pk]


def test_the_same_policy_fills_up_and_another_begins_a_new_round() -> None:
    world = make_draft(k=2)
    fill(world, 2)
    assert prompts_to_generate(generate(world, digest="a" * 64).pk) == []
    fresh = begin_generation(
        project_id=world.project.pk,
        job_id=uuid.uuid4(),
        policy_digest="b" * 64,
        policy_name="next",
        sampling={},
    )
    assert len(prompts_to_generate(fresh.pk)) == 2


def test_completions_of_strange_prompts_are_refused_whole() -> None:
    world = make_draft(k=2)
    fill_prompts(world, 1)
    prompt = Prompt.objects.get().pk
    generation = begin_generation(
        project_id=world.project.pk, job_id=uuid.uuid4(), policy_digest="d" * 64, policy_name="p", sampling={}
    )
    with pytest.raises(Invalid) as refused:
        store_completions(
            generation_id=generation.pk, rows=[row(prompt, 0), row(prompt, 2), row(prompt + 1, 0)]
        )
    assert refused.value.problems == [
        f"prompt {prompt + 1} is not one of this project's", f"prompt {prompt}: index 2 is outside 0 to 1",
    ]  # fmt: skip
    assert generation.completions.count() == 0


def fill_prompts(world: World, count: int) -> None:
    import_prompts(
        actor=world.engineer,
        project=world.project,
        filename="p.jsonl",
        stream=prompts_file(count),
        source=SOURCE,
    )


def row(prompt: int, index: int, text: str = "text") -> GeneratedCompletion:
    return GeneratedCompletion(prompt, index, text, 7, [-1.0], "stop")


# --- pages -------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> World:
    return make_open(items=2)


@pytest.fixture
def engineer(client: Client, world: World) -> Client:
    client.force_login(world.engineer)
    return client


def test_the_engineers_pages_answer(engineer: Client, world: World) -> None:
    for name in ("project", "project-import", "project-terms", "project-guidelines"):
        assert engineer.get(reverse(name, args=[world.project.pk])).status_code == 200
    for name in ("projects", "project-new"):
        assert engineer.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(
    "name", ["project", "project-import", "project-terms", "project-publish", "project-invite"]
)
def test_an_engineer_of_another_organisation_sees_nothing(client: Client, world: World, name: str) -> None:
    other = make_draft(slug="other-lab")
    for who in (other.engineer, world.steward, world.worker):
        client.force_login(who)
        act = client.post if name in {"project-publish", "project-invite"} else client.get
        assert act(reverse(name, args=[world.project.pk])).status_code == 404
    client.force_login(other.engineer)
    assert b"Capitals" in client.get(reverse("projects")).content
    assert str(world.project.pk).encode() not in client.get(reverse("projects")).content


def test_the_first_page_makes_a_draft_once(engineer: Client, world: World) -> None:
    page = engineer.get(reverse("project-new"))
    fields = {
        "organisation": world.organisation.pk, "title": "From the form", "k": 3, "overlap": 2,
        "overlap_percent": 100, "languages": "en, sw", "target_ballots": "",
        "project_id": page.context["project_id"],
    }  # fmt: skip
    first = engineer.post(reverse("project-new"), fields)
    again = engineer.post(reverse("project-new"), fields)
    assert (first.status_code, first["Location"]) == (302, again["Location"])
    project = Project.objects.get(title="From the form")
    assert (project.languages, project.k, project.simulated, project.state) == (
        ["en", "sw"],
        3,
        True,
        "draft",
    )
    assert not PaidProject.objects.filter(pk=project.pk).exists()


def test_a_rate_below_the_floor_is_refused_on_its_page_and_nothing_is_registered(
    engineer: Client, world: World
) -> None:
    draft = create_draft(
        actor=world.engineer, organisation=world.organisation, settings=Settings("Cheap", k=3, overlap=2)
    )
    fields = {"currency": "USD", "hourly_rate": "7.00", "declared_floor": "15", "lease_ms": 30}
    page = engineer.post(reverse("project-setup", args=[draft.pk, "pay"]), fields)
    assert page.status_code == 422
    assert "below the declared floor of USD 15.00" in page.content.decode()
    assert not PaidProject.objects.filter(pk=draft.pk).exists()
    assert Project.objects.get(pk=draft.pk).lease_ms == 3_600_000


def test_every_field_of_a_page_that_cannot_be_used_says_so_at_once(engineer: Client, world: World) -> None:
    fields = {"organisation": world.organisation.pk, "title": "", "k": 1, "overlap": 2, "languages": "en"}
    before = Project.objects.count()
    page = engineer.post(reverse("project-new"), fields)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"title", "k", "overlap_percent"}
    assert Project.objects.count() == before


def test_amounts_that_cannot_be_read_say_so_beside_their_fields(engineer: Client, world: World) -> None:
    draft = create_draft(
        actor=world.engineer, organisation=world.organisation, settings=Settings("Amounts", k=3, overlap=2)
    )
    address = reverse("project-setup", args=[draft.pk, "pay"])
    fields = {"currency": "USD", "hourly_rate": "31,00", "declared_floor": "much", "lease_ms": 30}
    assert set(engineer.post(address, fields).context["form"].errors) == {"hourly_rate", "declared_floor"}
    page = engineer.post(address, fields | {"currency": "XQX"})
    assert page.context["form"].errors["currency"] == [
        "'XQX' is not an ISO 4217 currency code; write three capital letters such as 'USD'."
    ]
    assert not PaidProject.objects.filter(pk=draft.pk).exists()


def test_a_refused_publication_shows_everything_that_is_missing_on_the_projects_own_page(
    client: Client,
) -> None:
    world = make_draft()
    client.force_login(world.engineer)
    page = client.post(reverse("project-publish", args=[world.project.pk]))
    assert page.status_code == 409
    text = page.content.decode()
    assert "Not published." in text
    assert "There are no prompts yet: import some." in text
    assert "The payer is not named." in text
    assert reverse("project-setup", args=[world.project.pk, "pay"]) in text
    assert world.fresh().state == "draft"


def test_whoever_joins_a_draft_is_told_that_it_opens_later(client: Client) -> None:
    world = make_draft()
    client.force_login(add_annotator(world, "early", ready=False))
    text = client.get("/work/").content.decode()
    assert "You are invited to a project that is not open yet." in text
    assert "You are in no project yet" not in text
    client.force_login(person("stranger"))
    text = client.get("/work/").content.decode()
    assert "You are in no project yet" in text
    assert "not open yet" not in text


def test_an_invitation_link_is_shown_once(engineer: Client, world: World) -> None:
    page = engineer.post(reverse("project-invite", args=[world.project.pk]))
    assert page.status_code == 200
    assert "/invitation/" in page.context["link"]
