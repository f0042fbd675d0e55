"""A large export is written in bounded memory: what it holds does not grow with the number of items."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from django.db import connection

from tests.annotation.exports_world import ExportWorld, begin, make_export_world, run

LONG = 20_000
FILL = """
WITH source AS (SELECT id FROM annotation_promptimport WHERE project_id = %(project)s LIMIT 1),
model AS (SELECT id FROM annotation_generation WHERE project_id = %(project)s LIMIT 1),
prompt AS (
    INSERT INTO annotation_prompt (project_id, prompt_import_id, line, text, sha256, prompt_group, language,
        metadata)
    SELECT %(project)s::uuid, source.id, n, 'Prompt ' || n, lpad(to_hex(n), 64, '0'), 'group ' || n, '', '{}'
    FROM source, generate_series(1, %(items)s) n RETURNING id
), completion AS (
    INSERT INTO annotation_completion (generation_id, prompt_id, index, text, seed, token_logprobs, finish_reason)
    SELECT model.id, prompt.id, index, repeat('x', %(long)s) || index, 1, '{}', 'eos'
    FROM model, prompt, generate_series(0, 3) index
), item AS (
    INSERT INTO annotation_item (project_id, prompt_id, generation_id, work_kind, role, priority, overlap,
        ballots_count, live_leases)
    SELECT %(project)s::uuid, prompt.id, model.id, 'rank', 'rank', 0, 1, 0, 0 FROM model, prompt RETURNING id
), lease AS (
    INSERT INTO annotation_lease (id, project_id, item_id, worker_id, shown_order, repeat, state, taken_at, expires_at,
        ended_at)
    SELECT gen_random_uuid(), %(project)s::uuid, item.id, %(worker)s, '[0, 1, 2, 3]', false, 'submitted',
        now(), now(), now()
    FROM item RETURNING id, item_id
)
INSERT INTO annotation_ballot (id, lease_id, item_id, worker_id, groups, unranked, unacceptable, strengths, ratings,
    flags, shown_order, key, answer_hash, surplus, created_at)
SELECT gen_random_uuid(), lease.id, lease.item_id, %(worker)s, '[[0], [1], [2], [3]]', '[]', '[]', '[]', '{}', '[]',
    '[0, 1, 2, 3]', lease.id::text, repeat('0', 64), false, now() FROM lease
"""


def fill(world: ExportWorld, items: int) -> None:
    world.item("The first")  # brings the import and the generation
    values: dict[str, str | int] = {
        "project": str(world.project.pk),
        "items": items,
        "long": LONG,
        "worker": world.people[0].pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_items(own_database: str, django_db_blocker: Any) -> None:
    """1,500 items of 80 kB hold 120 MB of text; at most 40 MB of it are in memory at once."""
    with django_db_blocker.unblock():
        world = make_export_world(people=1)
        fill(world, 1500)
        for file_format in ("ballots", "trl"):
            export = begin(world, file_format)
            tracemalloc.start()
            state = run(export)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            export.job.refresh_from_db()
            assert state == "succeeded", export.job.error
            assert export.result.manifest["counts"]["ballots"] == 1500
            assert sum(file["bytes"] for file in export.result.manifest["files"].values()) > 120_000_000
            assert most < 40_000_000
