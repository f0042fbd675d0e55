"""Fewer than five contributors: the report says so, and not one number about their work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports import world
from wages.reports import release, rounding
from wages.reports.release import Edition
from wages.transparency.canonical import canonical

EDITION = Edition("2026-W47", 1, "", world.AT.isoformat())
# policies, bands, and what machines made: all that may be known of a small crew
ALLOWED = {"Contributors", "Floor declared by the funder", "Hourly rate", "prompts", "completions generated"}


def cells(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "status" in value:
            yield value
        for inner in value.values():
            yield from cells(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from cells(inner)


@given(st.integers(1, 4), st.data())
def test_no_cell_about_the_work_of_fewer_than_five_is_known(crew: int, data: st.DataObject) -> None:
    leaves = tuple(
        world.leaf(
            f"{number:032x}", category, data.draw(st.integers(1, 2000)), f"rank:direct-{number}-{category}"
        )
        for number in range(crew)
        for category in data.draw(
            st.sets(st.sampled_from(["task", "waiting", "break", "review"]), min_size=1)
        )
    )
    unknown = tuple(world.leaf(leaf.worker, "unknown", 7, rate_card=None) for leaf in leaves[:1])
    part = world.slice_of((*leaves, *unknown))
    document = release.build(world.snapshot(part), world.subject(), EDITION)
    known = [cell for cell in cells(document) if cell["status"] == "known"]
    assert {cell["label"] for cell in known} <= ALLOWED
    assert document["people"]["contributors"]["value"] == "fewer than 5"
    assert document["people"]["worked"] is True
    assert document["time"]["rows"] == []
    assert all(not gate["figures"] for gate in document["gates"])
    total = sum(leaf.ms for leaf in leaves)
    told = numbers(document) - WHATEVER_THE_CREW_DID
    assert rounding.hours(total) not in told
    assert rounding.money_total(total * 5, "USD") not in told


def numbers(document: dict[str, Any]) -> set[str]:
    return set(re.findall(r'"(\d+(?:\.\d+)?)"', canonical(document).decode()))


WHATEVER_THE_CREW_DID = numbers(
    release.build(
        world.snapshot(world.slice_of((world.leaf("0" * 32, "task", 1, "rank:direct"),))),
        world.subject(),
        EDITION,
    )
)


@pytest.mark.parametrize(
    ("offered", "shown"), [({}, False), ({world.PROJECT: 4}, False), ({world.PROJECT: 5}, True)]
)
def test_a_rate_card_offered_to_fewer_than_five_is_withheld(offered: dict[Any, int], shown: bool) -> None:
    part = world.slice_of(world.crew_leaves(2))
    document = release.build(world.snapshot(part), world.subject(offered_to=offered), EDITION)
    rate = document["rate_cards"][0]["rate"]
    assert (rate["status"], rate["value"]) == (("known", "18.00") if shown else ("withheld", ""))


def test_a_period_without_work_says_that_none_is_recorded() -> None:
    document = release.build(world.snapshot(world.slice_of(())), world.subject(), EDITION)
    assert document["people"]["worked"] is False
    assert document["headline"][0]["cells"][0]["status"] == "withheld"


def test_five_contributors_of_whom_one_did_nearly_all_are_withheld() -> None:
    people = [2000, 1, 1, 1, 1]
    leaves = tuple(world.leaf(f"{n:032x}", "task", minutes) for n, minutes in enumerate(people))
    document = release.build(world.snapshot(world.slice_of(leaves)), world.subject(), EDITION)
    known = {cell["label"] for cell in cells(document) if cell["status"] == "known"}
    assert known <= ALLOWED
    assert document["people"]["contributors"]["value"] == "5 to 9"
