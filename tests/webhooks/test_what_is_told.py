"""What the platform tells: the events that its own acts write, in their own transactions."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.services.projects import close_project, pause_project, publish_project
from byhand.webhooks.events import EVENTS
from byhand.webhooks.models import Event
from byhand.webhooks.services import create_endpoint
from tests.annotation.world import World, fill, fund, make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, settings: Any) -> World:
    world = make_draft()
    fill(world, 1)
    fund(world)
    create_endpoint(
        actor=world.engineer, organisation=world.organisation, url="https://8.8.8.8/", events=sorted(EVENTS)
    )
    return world


def told() -> list[tuple[str, Any]]:
    return [(event.type, event.data.get("reason")) for event in Event.objects.order_by("created_at", "pk")]


def test_publishing_pausing_and_closing_are_told_once_each(world: World) -> None:
    for _ in range(2):
        publish_project(actor=world.engineer, project=world.project)
    for _ in range(2):
        pause_project(actor=world.engineer, project=world.project, reason="engineer")
    close_project(actor=world.engineer, project=world.project)
    assert told() == [
        ("project.published", ""),
        ("project.paused", "engineer"),
        ("project.closed", "engineer"),
    ]
    assert {event.data["project"] for event in Event.objects.all()} == {str(world.project.pk)}


def test_no_event_holds_more_than_ids_codes_and_counts(world: World) -> None:
    publish_project(actor=world.engineer, project=world.project)
    (event,) = Event.objects.all()
    assert event.data == {"project": str(world.project.pk), "reason": ""}
