"""Publishing and reading on, several times at once: each act happens once, with its negative control."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from annotation.models import (
    Lease,
    Project,
    ProjectState,
    QualificationAnswer,
    QualificationResult,
    StateChange,
)
from annotation.services import states
from annotation.services.projects import publish_project
from annotation.services.qualification import go_on
from tests.annotation.setup_world import RIGHT, answer, begin, items_of, qualify_with
from tests.annotation.world import World, add_annotator, fill, fund, make_draft
from tests.races.test_annotation_races import at_once

pytestmark = pytest.mark.usefixtures("own_database")


def answered() -> tuple[World, Lease]:
    """Return a world whose one worker has answered the one item of the qualification."""
    world = make_draft()
    fill(world, 2)
    fund(world)
    qualify_with(world, items_of(world)[:1])
    publish_project(actor=world.engineer, project=world.fresh())
    add_annotator(world, "worker")
    lease = begin(world, world.worker)
    assert lease is not None
    answer(world.worker, lease, RIGHT)
    return world, lease


def read_on(world: World, lease: Lease) -> list[Any]:
    project = world.fresh()
    return at_once(
        [partial(go_on, worker=world.worker, project=project, lease_id=lease.pk) for _ in range(6)]
    )


def test_reading_on_six_times_at_once_ends_the_attempt_once() -> None:
    world, lease = answered()
    outcomes = read_on(world, lease)
    assert {type(outcome).__name__ for outcome in outcomes} == {"QualificationState"}
    assert (QualificationAnswer.objects.count(), QualificationResult.objects.count()) == (1, 1)


def test_without_the_clocks_lock_reading_on_at_once_collides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: only the database's own rule is left, and it refuses."""
    world, lease = answered()
    unlocked = type("Unlocked", (), {"at": lease.taken_at})
    monkeypatch.setattr("wages.services.clock.lock_clock", lambda **_: unlocked)
    outcomes = read_on(world, lease)
    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes)
    assert (QualificationAnswer.objects.count(), QualificationResult.objects.count()) == (1, 1)


def ready() -> World:
    world = make_draft()
    fill(world, 2)
    fund(world)
    return world


def publish_at_once(world: World) -> list[Any]:
    return at_once([partial(publish_project, actor=world.engineer, project=world.project) for _ in range(6)])


def test_publishing_six_times_at_once_opens_once() -> None:
    world = ready()
    assert {project.state for project in publish_at_once(world)} == {"open"}
    assert StateChange.objects.filter(state=ProjectState.OPEN).count() == 1


def test_without_the_projects_lock_publishing_at_once_opens_more_than_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control."""
    world = ready()
    monkeypatch.setattr(states, "_locked", lambda project: Project.objects.get(pk=project.pk))
    publish_at_once(world)
    assert StateChange.objects.filter(state=ProjectState.OPEN).count() > 1
