"""Fills a scratch database up to a million items and ballots, with generate_series, as a project of years would be.

Half of the annotators own the ballots of the first items, which still have a free slot: they stand at the front of
the queue, and who ranked them already has to get past them. Most other items are full; the rest is untouched. All
of it is written by the owner role, in a minute or two: checks and foreign keys of these tables are left out while it
is written, since the rows are right by construction, and hold again for every row that comes later.

Left out: the time and pay of the old ballots, and the texts of items that nobody will be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper

from annotation.models import Project

FRONT = 100_000
LENGTH = 1000  # characters of a completion
_TABLES = ("prompt", "completion", "item", "lease", "ballot", "currentballot")

_PROMPTS = """
INSERT INTO annotation_prompt (project_id, prompt_import_id, line, text, sha256, prompt_group, language, metadata)
SELECT %(project)s, %(import)s, n, 'Filler ' || n || ': what moves the wheel?', lpad(n::text, 64, 'f'),
    'filler-' || n, 'en', '{}'
FROM generate_series(1, %(items)s) n
"""
# overlap: the front has one slot more than owners, full items have one, the untouched rest two
_ITEMS = """
INSERT INTO annotation_item (project_id, prompt_id, generation_id, work_kind, overlap, ballots_count, live_leases)
SELECT %(project)s, prompt.id, %(generation)s, 'rank',
    CASE WHEN line <= %(front)s THEN %(owners)s + 1 WHEN line <= %(front)s + %(full)s THEN 1 ELSE 2 END,
    CASE WHEN line <= %(front)s THEN %(owners)s WHEN line <= %(front)s + %(full)s THEN 1 ELSE 0 END, 0
FROM annotation_prompt prompt WHERE project_id = %(project)s AND prompt_group LIKE 'filler-%%' ORDER BY line
"""
_COMPLETIONS = """
INSERT INTO annotation_completion (generation_id, prompt_id, index, text, seed, token_logprobs, finish_reason)
SELECT %(generation)s, prompt.id, k, left(repeat('The wheel turns as the river does, ' || k || '. ', 40), %(length)s),
    k, '{}', 'stop'
FROM annotation_prompt prompt, generate_series(0, %(k)s - 1) k
WHERE project_id = %(project)s AND prompt_group LIKE 'filler-%%'
  AND (line <= %(shown)s OR line > %(front)s + %(full)s AND line <= %(front)s + %(full)s + %(shown)s)
"""
_LEASES = """
INSERT INTO annotation_lease (id, project_id, item_id, worker_id, shown_order, state, taken_at, expires_at, ended_at)
SELECT gen_random_uuid(), %(project)s, item.id, worker, %(order)s, 'submitted', taken, taken + interval '20 minutes',
    taken + interval '1 minute'
FROM annotation_item item JOIN annotation_prompt prompt ON prompt.id = item.prompt_id,
    LATERAL unnest(CASE WHEN line <= %(front)s THEN %(workers)s::bigint[] ELSE ARRAY[%(other)s::bigint] END) worker,
    LATERAL (SELECT now() - interval '400 days' + line * interval '20 seconds') AS moment (taken)
WHERE item.project_id = %(project)s AND prompt_group LIKE 'filler-%%' AND line <= %(front)s + %(full)s
"""
_BALLOTS = """
INSERT INTO annotation_ballot (id, lease_id, item_id, worker_id, groups, unacceptable, shown_order, key, answer_hash,
    surplus, created_at)
SELECT gen_random_uuid(), lease.id, item_id, worker_id, '[[0], [1], [2]]', '[3]', shown_order, lease.id::text,
    repeat('0', 64), false, ended_at
FROM annotation_lease lease WHERE project_id = %(project)s AND state = 'submitted'
"""
_POINTERS = """
INSERT INTO annotation_currentballot (item_id, worker_id, ballot_id)
SELECT item_id, worker_id, ballot.id FROM annotation_ballot ballot JOIN annotation_item item ON item.id = item_id
WHERE item.project_id = %(project)s
"""


@dataclass(frozen=True)
class Filling:
    """So many items in all; the first `front` of them ranked by each owner, `full` more by somebody else."""

    items: int
    front: int
    full: int
    shown: int

    def ballots(self, owners: int) -> int:
        return self.front * owners + self.full


def plan(items: int, *, owners: int, shown: int) -> Filling:
    """Return a filling with as many ballots as items, as far as there is room; `shown` items get texts."""
    front = min(FRONT, items // 10)
    full = min(max(items - front * owners, 0), items * 7 // 10)
    return Filling(items, front, full, min(shown, items // 10))


def fill(project: Project, filling: Filling, *, owners: Sequence[int], other: int) -> None:
    """Write the filling into a project that has an import and a generation; `other` ranked what is full."""
    values: dict[str, Any] = {
        "project": project.pk,
        "import": project.imports.values_list("pk", flat=True).get(),
        "generation": project.generations.values_list("pk", flat=True).get(),
        "items": filling.items,
        "front": filling.front,
        "full": filling.full,
        "shown": filling.shown,
        "owners": len(owners),
        "workers": list(owners),
        "other": other,
        "k": project.k,
        "order": "[0, 1, 2, 3]",
        "length": LENGTH,
    }
    with connections["owner"].cursor() as cursor:
        definitions = _drop_constraints(cursor)
        for statement in (_PROMPTS, _ITEMS, _COMPLETIONS, _LEASES, _BALLOTS, _POINTERS):
            cursor.execute(statement, values)
        for table, name, definition in definitions:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) annotation_{table}")


def _drop_constraints(cursor: CursorWrapper) -> list[tuple[str, str, str]]:
    """Drop the checks and foreign keys of the tables; return each with its table, name and definition."""
    cursor.execute(
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('c', 'f') AND convalidated""",
        [[f"annotation_{table}" for table in _TABLES]],
    )
    found: list[tuple[str, str, str]] = cursor.fetchall()
    for table, name, _definition in found:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return found
