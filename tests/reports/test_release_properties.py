from __future__ import annotations

import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports import world
from wages.reports import release
from wages.reports.errors import MixedWork
from wages.reports.release import Edition
from wages.reports.schema import REPORT_SCHEMA
from wages.reports.snapshot import Leaf, frame, from_frame, relevant
from wages.reports.subject import from_json, to_json
from wages.transparency.canonical import canonical

EDITION = Edition("2026-W47", 1, "", world.AT.isoformat())
CATEGORIES = ["task", "guidelines", "waiting", "break", "unknown", "training", "claimed"]


@st.composite
def crews(draw: st.DrawFn) -> tuple[Leaf, ...]:
    leaves = []
    for number in range(draw(st.integers(0, 14))):
        for category in draw(st.sets(st.sampled_from(CATEGORIES))):
            work = f"rank:direct-{number}" if category == "task" else None
            card = (
                None if category == "unknown" or (draw(st.booleans()) and category == "break") else world.CARD
            )
            who = f"secret-worker-{number:03d}-name"
            leaves.append(world.leaf(who, category, draw(st.integers(0, 900)), work, rate_card=card))
    return tuple(leaves)


def build(leaves: tuple[Leaf, ...]) -> dict[str, Any]:
    subject = world.subject(direct_work=world.direct_of(leaves))
    return release.build(world.snapshot(world.slice_of(leaves)), subject, EDITION)


@settings(max_examples=60, deadline=None)
@given(crews(), st.randoms(use_true_random=False))
def test_the_same_leaves_in_any_order_give_the_same_bytes(
    leaves: tuple[Leaf, ...], chance: random.Random
) -> None:
    shuffled = list(leaves)
    chance.shuffle(shuffled)
    assert canonical(build(tuple(shuffled))) == canonical(build(leaves))


@settings(max_examples=60, deadline=None)
@given(crews())
def test_nothing_that_names_a_worker_or_a_piece_of_work_is_published(leaves: tuple[Leaf, ...]) -> None:
    text = canonical(build(leaves)).decode()
    assert "secret-worker" not in text
    assert "rank:" not in text


@settings(max_examples=20, deadline=None)
@given(crews())
def test_every_report_is_valid_by_its_schema(leaves: tuple[Leaf, ...]) -> None:
    jsonschema.validate(build(leaves), REPORT_SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_refuses_an_extra_field_and_a_known_cell_without_a_value() -> None:
    document = build(world.crew_leaves())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "workers": []}, REPORT_SCHEMA)
    document["people"]["contributors"]["value"] = ""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, REPORT_SCHEMA)


def test_subject_and_snapshot_survive_being_stored() -> None:
    snapshot, subject = world.snapshot(), world.subject()
    assert from_json(to_json(subject)) == subject
    assert from_frame(frame(snapshot), {1: snapshot.slices[0].leaves}) == snapshot


def test_simulated_work_never_meets_real_work() -> None:
    odd = world.leaf("f" * 32, "task", 10, simulated=True)
    mixed = world.snapshot(world.slice_of((*world.crew_leaves(), odd)))
    with pytest.raises(MixedWork, match="simulated and real"):
        release.build(mixed, world.subject(), EDITION)
    with pytest.raises(MixedWork):
        release.build(world.snapshot(), world.subject(simulated=True), EDITION)
    two = (world.project_fact(), world.project_fact(id="other", simulated=True))
    with pytest.raises(MixedWork):
        release.build(world.snapshot(projects=two), world.subject(), EDITION)


def test_two_currencies_are_never_added() -> None:
    odd = world.leaf("f" * 32, "task", 10, currency="KES")
    with pytest.raises(MixedWork, match="KES beside USD"):
        release.build(world.snapshot(world.slice_of((*world.crew_leaves(), odd))), world.subject(), EDITION)


def test_slices_count_from_the_first_to_the_last_with_direct_work() -> None:
    early = world.slice_of((world.leaf("a", "guidelines", 5),), 45, 1)
    direct = world.slice_of((world.leaf("b", "task", 5, "rank:direct-1"),), 46, 2)
    later = world.slice_of((world.leaf("c", "task", 5, "rank:other"),), 47, 3)
    elsewhere = world.slice_of((world.leaf("d", "task", 5, "rank:other-2"),), 46, 4, project="unrelated")
    kept = relevant((later, elsewhere, direct, early), frozenset({"rank:direct-1"}))
    assert [part.period_id for part in kept] == [1, 2]
