"""A project to measure on: items of K completions and the annotators who rank them, made by the real services.

Simulated people and play money. Also counts, from the rows, what must never be there twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from django.db import connection

from annotation.models import Project
from annotation.services.completions import (
    GeneratedCompletion,
    begin_generation,
    finish_generation,
    store_completions,
)
from annotation.services.projects import publish_project
from byhand.bench.filling import LENGTH, fill, plan
from byhand.demo.cast import CREW_LOGINS, GUESTS, Account, Cast, assemble, invite_to
from byhand.demo.projects import K, Plan, set_up

MOST_CLIENTS = len(CREW_LOGINS) + len(GUESTS)
_FUNDING_MICRO = 10**15
_WORDS = ("the", "mill", "stands", "by", "a", "river", "and", "its", "wheel", "turns", "slowly")

# A second ballot of one person for one item that replaces none, and every counted ballot beyond the overlap.
DUPLICATES = """
SELECT (SELECT coalesce(sum(n - 1), 0) FROM (
            SELECT count(*) AS n FROM annotation_ballot ballot JOIN annotation_item item ON item.id = ballot.item_id
            JOIN annotation_lease lease ON lease.id = ballot.lease_id AND NOT lease.repeat
            WHERE item.project_id = %(project)s AND ballot.supersedes_id IS NULL
            GROUP BY ballot.item_id, ballot.worker_id) of_person)
     + (SELECT coalesce(sum(greatest(n - overlap, 0)), 0) FROM (
            SELECT item.overlap, count(*) AS n
            FROM annotation_ballot ballot JOIN annotation_item item ON item.id = ballot.item_id AND item.role = 'rank'
            JOIN annotation_lease lease ON lease.id = ballot.lease_id AND NOT lease.repeat
            WHERE item.project_id = %(project)s AND ballot.supersedes_id IS NULL AND NOT ballot.surplus
            GROUP BY item.id) of_item)
"""


@dataclass(frozen=True)
class World:
    """`ballots` are those that were there before anybody began."""

    project: Project
    annotators: tuple[Account, ...]
    items: int
    ballots: int = 0


def build(folder: Path, *, items: int, annotators: int) -> World:
    """Make a project of its own with so many items, open to so many invited annotators."""
    cast, key = assemble(folder), f"bench-{uuid.uuid4().hex[:8]}"
    prompts = [f"Prompt {n} of {key}: what moves the wheel?" for n in range(items)]
    plan = Plan(key, "Benchmark", prompts, overlap=1, overlap_percent=100, funding_micro=_FUNDING_MICRO)
    project = set_up(cast, plan)
    _complete(project)
    publish_project(actor=cast.engineer, project=project)
    return World(project, _invited(cast, project, annotators), items)


def enlarge(made: World, items: int, *, shown: int) -> World:
    """Return the world with so many items more and as many ballots: half of its annotators own the front's.

    `shown` of them can be handed out from the front, and as many from what nobody has ranked.
    """
    users = [account.user.pk for account in made.annotators]
    owners = users[: len(users) // 2]
    filling = plan(items, owners=len(owners), shown=shown)
    fill(made.project, filling, owners=owners, other=users[-1])
    return replace(made, items=made.items + items, ballots=filling.ballots(len(owners)))


def duplicates(project_id: uuid.UUID) -> int:
    """Return how many ballots of the project are one too many, counted from the rows."""
    return _count(DUPLICATES, project_id)


def ballots(project_id: uuid.UUID) -> int:
    """Return how many ballots the project has."""
    return _count(
        """SELECT count(*) FROM annotation_ballot ballot JOIN annotation_item item ON item.id = ballot.item_id
           WHERE item.project_id = %(project)s""",
        project_id,
    )


def _count(statement: str, project_id: uuid.UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"project": project_id})
        return int(cursor.fetchone()[0])


def _invited(cast: Cast, project: Project, count: int) -> tuple[Account, ...]:
    logins = (*CREW_LOGINS, *GUESTS)[:count]
    invite_to(cast, project, logins)
    return tuple(cast[login] for login in logins)


def _complete(project: Project) -> None:
    generation = begin_generation(
        project_id=project.pk, job_id=uuid.uuid4(), policy_digest="0" * 64, policy_name="none", sampling={}
    )
    prompts = project.prompts.order_by("pk").values_list("pk", flat=True)
    rows = [
        GeneratedCompletion(prompt, index, _text(prompt + index), index, [], "stop")
        for prompt in prompts
        for index in range(K)
    ]
    store_completions(generation_id=generation.pk, rows=rows)
    finish_generation(generation_id=generation.pk)


def _text(start: int) -> str:
    """Return so many characters of words; texts beside one another begin with different ones."""
    turned = islice(cycle(_WORDS), start % len(_WORDS), start % len(_WORDS) + LENGTH // 2)
    return " ".join(turned)[:LENGTH]
