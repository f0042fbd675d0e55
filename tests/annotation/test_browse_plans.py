"""The lists of the engineer's pages walk an index: asked of the planner with 40,000 items, and of the clock never."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections

from annotation.models import Item, Project
from annotation.selectors.browsing import ballots_of, items_of, prompts_of
from byhand.rest.paging import paginate
from tests.annotation.world import World, make_draft, make_open

ITEMS, MOST_ROWS = 40_000, 1500
FILL = """
INSERT INTO annotation_prompt (project_id, prompt_import_id, line, text, sha256, prompt_group, language, metadata)
SELECT %(project)s, (SELECT prompt_import_id FROM annotation_prompt WHERE project_id = %(project)s LIMIT 1), n,
    'Question ' || n || ' of many', lpad(to_hex(n), 64, 'a'), 'group ' || n / 10, '', '{}'
FROM generate_series(1000, 1000 + %(items)s) n;
INSERT INTO annotation_item (project_id, prompt_id, generation_id, work_kind, role, priority, overlap,
                             ballots_count, live_leases)
SELECT prompt.project_id, prompt.id, %(generation)s, 'rank', 'rank', 0, 2, CASE WHEN line %% 2 = 0 THEN 2 ELSE 0 END, 0
FROM annotation_prompt prompt WHERE project_id = %(project)s AND line >= 1000;
"""


@pytest.fixture
def world(own_database: str) -> World:
    world = make_open(items=2, overlap=2, annotators=1)
    generation = Item.objects.filter(project=world.project)[0].generation_id
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"project": world.project.pk, "generation": generation, "items": ITEMS})
        cursor.execute("ANALYZE annotation_item, annotation_prompt, annotation_ballot, annotation_lease")
    return world


def plan_of(ask: Callable[[], Any]) -> dict[str, Any]:
    """Return the plan, with the rows that were really read, of the one query that `ask` makes."""
    with connection.execute_wrapper(_explained := Explain()):
        ask()
    return _explained.plan


class Explain:
    """Explains each query before it runs; keeps the last plan."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "LIMIT" in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
                (found,) = cursor.fetchone()
                self.plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return execute(sql, params, many, context)


def rows_read(plan: dict[str, Any]) -> int:
    """Return how many rows all scans of the plan touched, those that a filter dropped included."""
    own = 0
    if "Scan" in plan["Node Type"]:
        touched = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own = int(touched * plan["Actual Loops"])
    return own + sum(rows_read(inner) for inner in plan.get("Plans", []))


def late_cursor(project: Project) -> str:
    middle = list(Item.objects.filter(project=project).order_by("-pk")[200:251])[-1].pk
    page = paginate(Item.objects.filter(project=project, pk__gte=middle), ordering=("id",), limit=1)
    assert page.next is not None
    return page.next


FILTERS: list[dict[str, Any]] = [
    {}, {"state": "open"}, {"state": "done"}, {"group": "group 3333"}, {"begins": "question 30001"},
    {"flagged": True}, {"needs_review": True}, {"most_tau": 0.0}, {"role": "gold"},
]  # fmt: skip


def test_no_list_reads_the_whole_table(world: World) -> None:
    """One test, because the rows take longer to make than to look at."""
    project = world.project
    for filters in FILTERS:
        for cursor in ("", late_cursor(project)):
            asked = partial(paginate, items_of(project, filters), ordering=("id",), cursor=cursor)
            assert rows_read(plan_of(asked)) < MOST_ROWS, filters
    for rows, order in (
        (prompts_of(project, {}), ("id",)),
        (prompts_of(project, {"group": "group 3333"}), ("id",)),
        (prompts_of(project, {"begins": "question 30001"}), ("id",)),
        (ballots_of(project, {}), ("item_id", "id")),
    ):
        plan = plan_of(partial(paginate, rows, ordering=order))
        assert rows_read(plan) < MOST_ROWS, json.dumps(plan, indent=1)
    # a small project behind a large one
    other = make_draft(slug="other-lab").project
    assert rows_read(plan_of(partial(paginate, items_of(other, {}), ordering=("id",)))) < 100
    assert rows_read(plan_of(partial(paginate, ballots_of(other, {}), ordering=("item_id", "id")))) < 100
    # the negative control: without an index to help, the same measure is as large as the table
    slow = Item.objects.filter(project=project, prompt__text__contains="no such words")
    assert rows_read(plan_of(partial(paginate, slow, ordering=("id",)))) >= ITEMS
