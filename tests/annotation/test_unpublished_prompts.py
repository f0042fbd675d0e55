"""Prompts of an import that is not published yet are counted, shown and offered nowhere."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Completion, Generation, Item, Prompt, PromptImport
from annotation.selectors.browsing import prompts_of
from annotation.selectors.generation import prompts_to_generate
from annotation.selectors.projects import progress
from annotation.selectors.setup import ballots_planned
from annotation.services.completions import OPEN_ITEMS
from byhand.statements import execute
from rewardmodel.models import PreferenceDataset
from rewardmodel.services.subject import _machine_counts
from tests.annotation.world import World, make_open

pytestmark = pytest.mark.django_db


def hidden_prompt(world: World) -> Prompt:
    """Return a prompt of an import that is still on its way."""
    before = PromptImport.objects.filter(project=world.project).first()
    assert before is not None
    coming = PromptImport.objects.create(
        project=world.project, source=before.source, filename="coming.jsonl", sha256="1" * 64, file_format="jsonl",
        rows=1, created_by=world.engineer, published_at=None,
    )  # fmt: skip
    return Prompt.every.create(
        project=world.project,
        prompt_import=coming,
        line=1,
        text="Not here yet?",
        sha256="2" * 64,
        prompt_group="g",
    )


def test_they_are_counted_nowhere() -> None:
    world = make_open(items=2)
    hidden_prompt(world)
    project = world.fresh()
    assert (project.prompts.count(), Prompt.every.filter(project=project).count()) == (2, 3)
    assert progress(project).prompts == 2
    assert prompts_of(project, {}).count() == 2
    assert prompts_of(project, {"begins": "Not here"}).count() == 0


def test_before_there_are_items_the_worst_case_counts_the_published_ones_alone() -> None:
    world = make_open(items=2, overlap=3)
    hidden_prompt(world)
    Item.objects.filter(project=world.project).delete()
    assert ballots_planned(world.fresh()) == 6


def test_a_labor_report_counts_published_prompts() -> None:
    world = make_open(items=2)
    hidden_prompt(world)
    engineer = world.engineer
    dataset = PreferenceDataset(project=world.project, organisation=world.organisation, created_by=engineer)
    assert _machine_counts([dataset])["prompts"] == 2


def test_they_are_not_generated_for_and_never_become_items_even_with_completions() -> None:
    world = make_open(items=1)
    prompt = hidden_prompt(world)
    generation = Generation.objects.get(project=world.project)
    assert prompt.pk not in dict(prompts_to_generate(generation.pk))
    Completion.objects.bulk_create(
        Completion(
            generation=generation, prompt=prompt, index=i, text=f"answer {i}", seed=i, finish_reason="eos"
        )
        for i in range(world.project.k)
    )
    values = {"project": world.project.pk, "generation": generation.pk, "prompts": None}
    execute(OPEN_ITEMS, values)
    assert Item.objects.filter(project=world.project).count() == 1
    PromptImport.objects.filter(filename="coming.jsonl").update(published_at=world.project.created_at)
    execute(OPEN_ITEMS, values)  # what is published becomes an item by the same statement
    assert Item.objects.filter(project=world.project).count() == 2


def test_pages_and_api_show_none_of_them(client: Client) -> None:
    world = make_open(items=1)
    hidden_prompt(world)
    client.force_login(world.engineer)
    for address in (reverse("items", args=[world.project.pk]), reverse("project", args=[world.project.pk])):
        page = client.get(address).content.decode()
        assert "coming.jsonl" not in page
        assert "Not here yet" not in page
    found = client.get(f"/api/v1/projects/{world.project.pk}/prompts/").json()
    assert [row["text"] for row in found["results"] if row["text"] == "Not here yet?"] == []
    assert len(found["results"]) == 1
