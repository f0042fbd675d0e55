"""The requests of the ranking cycle take so many statements and not one more."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.annotation.world import World, make_open, take

pytestmark = pytest.mark.django_db
PAGE = 8  # session, user, project, clock, step, draft, texts, header


@pytest.fixture
def world() -> World:
    return make_open(items=4)


@pytest.fixture
def annotator(client: Client, world: World) -> Client:
    take(world)
    client.force_login(world.worker)
    return client


def _statements(context: CaptureQueriesContext) -> list[str]:
    return [str(query["sql"]) for query in context.captured_queries]


def _post(client: Client, world: World, act: str, body: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/v1/work/{world.project.pk}/{act}"
    answer = client.post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    parsed: dict[str, Any] = answer.json()
    return parsed


def _submit(client: Client, world: World, lease: dict[str, Any]) -> dict[str, Any]:
    ranking = {"groups": [[0], [1], [2]], "unacceptable": [3]}
    return _post(client, world, "submit", {"lease": lease["id"], **ranking, "key": uuid.uuid4().hex})


def test_the_ranking_page_takes_eight_statements(annotator: Client, world: World) -> None:
    with CaptureQueriesContext(connection) as seen:
        page = annotator.get(f"/work/{world.project.pk}/")
    assert b"Completion 3." in page.content
    assert len(seen) == PAGE, "\n".join(_statements(seen))


def test_next_with_a_new_item_takes_twelve_statements_and_submit_ten(annotator: Client, world: World) -> None:
    for _ in range(2):  # the first cycle makes the accounts and the period of pay
        lease = _post(annotator, world, "next", {})["lease"]
        with CaptureQueriesContext(connection) as submitting:
            assert _submit(annotator, world, lease)["status"] == "counted"
    with CaptureQueriesContext(connection) as taking:
        assert _post(annotator, world, "next", {})["status"] == "leased"
    assert len(submitting) == 10, "\n".join(_statements(submitting))
    assert len(taking) == 12, "\n".join(_statements(taking))
