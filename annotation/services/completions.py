"""Takes completions in from a generation job and opens the items that people rank.

Everything may run again: a generation is found by its job, a completion by (generation, prompt, index), an
item by (generation, prompt). Never starts a model and never imports `rewardmodel`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotation.errors import BadCompletions
from annotation.models import Completion, Generation, Project
from byhand.errors import NotFound

BATCH = 1000
# Which prompts several people rank follows from the hash of their text, so that nobody can steer it.
OPEN_ITEMS = """
INSERT INTO annotation_item
    (project_id, prompt_id, generation_id, work_kind, overlap, ballots_count, live_leases)
SELECT p.project_id, p.id, %(generation)s, 'rank',
    CASE WHEN ('x' || left(p.sha256, 8))::bit(32)::bigint %% 100 < project.overlap_percent
        THEN project.overlap ELSE 1 END, 0, 0
FROM annotation_prompt p JOIN annotation_project project ON project.id = p.project_id
WHERE p.project_id = %(project)s AND (%(prompts)s::bigint[] IS NULL OR p.id = ANY(%(prompts)s)) AND project.k = (
    SELECT count(*) FROM annotation_completion c
    WHERE c.generation_id = %(generation)s AND c.prompt_id = p.id)
  AND EXISTS (SELECT 1 FROM annotation_promptimport import
              WHERE import.id = p.prompt_import_id AND import.published_at IS NOT NULL)
ORDER BY p.id
ON CONFLICT ON CONSTRAINT item_once DO NOTHING
"""


@dataclass(frozen=True)
class GeneratedCompletion:
    """One line of a generation job's output."""

    prompt_id: int
    index: int
    text: str
    seed: int
    token_logprobs: Sequence[float]
    finish_reason: str


def begin_generation(
    *,
    project_id: uuid.UUID,
    job_id: uuid.UUID,
    policy_digest: str,
    policy_name: str,
    sampling: Mapping[str, Any],
) -> Generation:
    """Return the generation of this job, made if it is not there."""
    if not Project.objects.filter(pk=project_id).exists():
        raise NotFound("No such project.")
    generation, _ = Generation.objects.get_or_create(
        job_id=job_id,
        defaults={
            "project_id": project_id,
            "policy_digest": policy_digest,
            "policy_name": policy_name,
            "sampling": dict(sampling),
        },
    )
    return generation


@transaction.atomic
def store_completions(*, generation_id: uuid.UUID, rows: Sequence[GeneratedCompletion]) -> int:
    """Store what is not there yet and return how many rows were new.

    Raises BadCompletions, and stores nothing, where a row names no prompt of the project or an index past K.
    """
    generation = Generation.objects.select_related("project").get(pk=generation_id)
    _refuse_strangers(generation, rows)
    before = Completion.objects.filter(generation=generation).count()
    Completion.objects.bulk_create(
        [
            Completion(
                generation=generation,
                prompt_id=int(row.prompt_id),
                index=row.index,
                text=row.text.replace("\x00", "\N{REPLACEMENT CHARACTER}"),  # PostgreSQL text holds no NUL
                seed=row.seed,
                token_logprobs=list(row.token_logprobs),
                finish_reason=row.finish_reason,
            )
            for row in rows
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return Completion.objects.filter(generation=generation).count() - before


@transaction.atomic
def finish_generation(*, generation_id: uuid.UUID) -> int:
    """Open an item for each prompt that has all its K completions; return how many were opened now."""
    generation = Generation.objects.get(pk=generation_id)
    opened = open_items(project_id=generation.project_id, generation_id=generation.pk)
    Generation.objects.filter(pk=generation_id, finished_at__isnull=True).update(finished_at=timezone.now())
    return opened


def open_items(
    *, project_id: uuid.UUID, generation_id: uuid.UUID, prompts: Sequence[int] | None = None
) -> int:
    """Open the items of these prompts, or of all, that have their K completions; return how many were new."""
    chosen = None if prompts is None else list(prompts)
    values: dict[str, Any] = {"project": project_id, "generation": generation_id, "prompts": chosen}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ITEMS, values)
        return int(cursor.rowcount)


def _refuse_strangers(generation: Generation, rows: Sequence[GeneratedCompletion]) -> None:
    wanted = {int(row.prompt_id) for row in rows}
    known = set(generation.project.prompts.filter(pk__in=wanted).values_list("pk", flat=True))
    problems = [f"prompt {prompt} is not one of this project's" for prompt in sorted(wanted - known)]
    problems += [
        f"prompt {row.prompt_id}: index {row.index} is outside 0 to {generation.project.k - 1}"
        for row in rows
        if not 0 <= row.index < generation.project.k
    ]
    if problems:
        raise BadCompletions(
            "These completions don't belong to the project; nothing was stored.", problems[:100]
        )
