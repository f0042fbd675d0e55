"""One row of tabs leads from each of a project's pages to every other."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Item
from annotation.selectors.gold import items_without_answer
from tests.annotation.world import World, fill, make_draft

pytestmark = pytest.mark.django_db
TABS = [
    ("Overview", "project", []),
    ("Set-up", "project-setup", ["basics"]),
    ("Imports and sources", "sources", []),
    ("Progress", "project-progress", []),
    ("Items and ballots", "items", []),
    ("Known answers", "project-known", []),
    ("Quality", "quality", []),
    ("Reviews", "reviews", []),
    ("People", "project-people", []),
    ("Exports", "project-exports", []),
]
BELOW = [
    ("project-import", [], "Imports and sources"),
    ("project-terms", [], "Set-up"),
    ("project-guidelines", [], "Set-up"),
    *[
        ("project-setup", [step], "Set-up")
        for step in ("question", "texts", "people", "pay", "prompts", "pilot", "publish")
    ],
]


@pytest.fixture
def world(db: None) -> World:
    return make_draft(k=3)


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.engineer)
    return client


def tabs(client: Client, address: str, title: str = "Capitals") -> tuple[list[tuple[str, str]], list[str]]:
    """Return the tabs of a page as (words, address), and the words of those marked as the current one."""
    page = client.get(address)
    assert page.status_code == 200
    row = re.search(rf'<nav class="tabs" aria-label="{title}">(.*?)</nav>', page.content.decode(), re.S)
    assert row is not None
    links = re.findall(r'<a href="([^"]+)"( aria-current="page")?>([^<]+)</a>', row[1])
    return [(words, href) for href, _, words in links], [words for _, current, words in links if current]


@pytest.mark.parametrize(("words", "name", "more"), TABS)
def test_each_tab_opens_a_page_that_has_all_tabs_and_marks_it(
    client: Client, world: World, words: str, name: str, more: list[str]
) -> None:
    expected = [(said, reverse(each, args=[world.project.pk, *rest])) for said, each, rest in TABS]
    assert tabs(client, reverse(name, args=[world.project.pk, *more])) == (expected, [words])


@pytest.mark.parametrize(("name", "more", "under"), BELOW)
def test_pages_below_a_tab_mark_it(
    client: Client, world: World, name: str, more: list[str], under: str
) -> None:
    assert tabs(client, reverse(name, args=[world.project.pk, *more]))[1] == [under]


def test_the_pages_of_one_item_mark_their_tabs(client: Client, world: World) -> None:
    fill(world, 1)
    item = Item.objects.get()
    assert tabs(client, reverse("item", args=[world.project.pk, item.pk]))[1] == ["Items and ballots"]
    assert tabs(client, reverse("project-known-item", args=[world.project.pk, item.pk]))[1] == [
        "Known answers"
    ]


def test_a_known_answer_asks_for_no_more_pairs_than_the_completions_have(
    client: Client, world: World
) -> None:
    fill(world, 1)
    page = client.get(reverse("project-known-item", args=[world.project.pk, Item.objects.get().pk]))
    assert re.findall(r'name="(upper_\d+)"', page.content.decode()) == ["upper_0", "upper_1", "upper_2"]


def test_more_items_are_said_to_exist_only_where_there_are_more(client: Client, world: World) -> None:
    address = reverse("project-known", args=[world.project.pk])
    fill(world, 25)
    assert (items_without_answer(world.project, "").count(), b"are shown" in client.get(address).content) == (
        25,
        False,
    )
    fill_one_more(world)
    assert b"The first 25 are shown" in client.get(address).content


def fill_one_more(world: World) -> None:
    fill(world, 26)  # the 25 prompts that are there already are left out
