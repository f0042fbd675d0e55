"""Writes batches of rows: prompts and labels that nobody sees yet, then candidate completions with their items.

A batch is one statement a table. What is there already is left alone, so that a batch may come again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

from annotation.formats.rows import CandidateRow, LabelledRow, OutsideAnswer, PromptRow
from annotation.services.completions import open_items

BATCH_ROWS = 1000
BATCH_CHARACTERS = 8_000_000

INSERT_PROMPTS = """
INSERT INTO annotation_prompt
    (project_id, prompt_import_id, line, text, sha256, prompt_group, language, metadata)
SELECT %(project)s, %(import)s, line, text, sha256, prompt_group, language, metadata::jsonb
FROM unnest(%(lines)s::int[], %(texts)s::text[], %(sha256)s::text[], %(groups)s::text[], %(languages)s::text[],
    %(metadata)s::text[]) AS row (line, text, sha256, prompt_group, language, metadata)
ON CONFLICT ON CONSTRAINT prompt_text_once DO NOTHING
"""
INSERT_LABELS = """
INSERT INTO annotation_outsidelabel
    (prompt_import_id, prompt_id, line, place, completions, answer, note, annotator_hash)
SELECT %(import)s, prompt.id, row.line, row.place, row.completions::jsonb, row.answer::jsonb, row.note, row.who
FROM unnest(%(sha256)s::text[], %(lines)s::int[], %(places)s::int[], %(completions)s::text[], %(answers)s::text[],
    %(notes)s::text[], %(people)s::text[]) AS row (sha256, line, place, completions, answer, note, who)
JOIN annotation_prompt prompt ON prompt.project_id = %(project)s AND prompt.sha256 = row.sha256
ON CONFLICT ON CONSTRAINT outside_label_once DO NOTHING
"""
INSERT_COMPLETIONS = """
INSERT INTO annotation_completion
    (generation_id, prompt_id, index, text, seed, token_logprobs, finish_reason)
SELECT %(generation)s, prompt.id, row.index, row.text, 0, '{}', 'imported'
FROM unnest(%(sha256)s::text[], %(indexes)s::int[], %(texts)s::text[]) AS row (sha256, index, text)
JOIN annotation_prompt prompt ON prompt.project_id = %(project)s AND prompt.sha256 = row.sha256
ON CONFLICT ON CONSTRAINT completion_once DO NOTHING
"""
PROMPT_IDS = "SELECT id FROM annotation_prompt WHERE project_id = %(project)s AND sha256 = ANY(%(sha256)s)"


@dataclass(frozen=True)
class Target:
    """Which import rows are written for."""

    project_id: uuid.UUID
    import_id: uuid.UUID


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_prompts(target: Target, rows: Sequence[PromptRow]) -> int:
    """Insert what the project does not have; return how many rows were new."""
    if not rows:
        return 0
    digests = [digest(row.prompt) for row in rows]
    return _execute(
        INSERT_PROMPTS,
        {
            "project": target.project_id,
            "import": target.import_id,
            "lines": [row.line for row in rows],
            "texts": [row.prompt for row in rows],
            "sha256": digests,
            # a prompt without a group is a group of its own
            "groups": [row.group or sha256[:16] for row, sha256 in zip(rows, digests, strict=True)],
            "languages": [row.language for row in rows],
            "metadata": [_json(dict(row.metadata)) for row in rows],
        },
    )


def write_labels(target: Target, rows: Sequence[tuple[int, LabelledRow]]) -> int:
    """Insert the judgements of rows; each row comes with the place of its first one on its line."""
    judged = [(row, first + at, answer) for first, row in rows for at, answer in enumerate(row.answers)]
    if not judged:
        return 0
    return _execute(
        INSERT_LABELS,
        {
            "project": target.project_id,
            "import": target.import_id,
            "sha256": [digest(row.prompt) for row, _, _ in judged],
            "lines": [row.line for row, _, _ in judged],
            "places": [place for _, place, _ in judged],
            "completions": [_json(list(row.completions)) for row, _, _ in judged],
            "answers": [_json(answer_json(answer)) for _, _, answer in judged],
            "notes": [answer.note for _, _, answer in judged],
            "people": [person_hash(target.import_id, answer.annotator) for _, _, answer in judged],
        },
    )


def write_candidates(target: Target, generation_id: uuid.UUID, rows: Sequence[CandidateRow]) -> int:
    """Insert completions and open the items of their prompts; return how many were opened.

    Of two rows with one prompt the first counts: completions of different rows are never mixed.
    """
    first: dict[str, CandidateRow] = {}
    for row in rows:
        first.setdefault(digest(row.prompt), row)
    if not first:
        return 0
    known = _with_items(target, generation_id, list(first))
    texts = [
        (sha256, index, text)
        for sha256, row in first.items()
        if sha256 not in known
        for index, text in enumerate(row.completions)
    ]
    _execute(
        INSERT_COMPLETIONS,
        {
            "project": target.project_id,
            "generation": generation_id,
            "sha256": [sha256 for sha256, _, _ in texts],
            "indexes": [index for _, index, _ in texts],
            "texts": [text for _, _, text in texts],
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(PROMPT_IDS, {"project": target.project_id, "sha256": list(first)})
        ids = [row[0] for row in cursor.fetchall()]
    return open_items(project_id=target.project_id, generation_id=generation_id, prompts=ids)


def _with_items(target: Target, generation_id: uuid.UUID, digests: list[str]) -> set[str]:
    """Return which of these prompts have their completions from an earlier row of the same import."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT prompt.sha256 FROM annotation_prompt prompt
               JOIN annotation_item item ON item.prompt_id = prompt.id AND item.generation_id = %(generation)s
               WHERE prompt.project_id = %(project)s AND prompt.sha256 = ANY(%(sha256)s)""",
            {"generation": generation_id, "project": target.project_id, "sha256": digests},
        )
        return {row[0] for row in cursor.fetchall()}


def batches(entries: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield entries together, few enough that a batch of long texts is not large either."""
    batch: list[Any] = []
    characters = 0
    for entry in entries:
        batch.append(entry)
        if isinstance(entry, PromptRow):
            characters += len(entry.prompt)
        if isinstance(entry, CandidateRow):
            characters += sum(map(len, entry.completions))
        if len(batch) == BATCH_ROWS or characters > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def answer_json(answer: OutsideAnswer) -> dict[str, Any]:
    """Return the shape that ballots have; the note stands in a column of its own."""
    return {
        "groups": answer.groups,
        "unranked": answer.unranked,
        "unacceptable": answer.unacceptable,
        "strengths": answer.strengths,
        "ratings": dict(answer.ratings),
        "flags": [dict(flag) for flag in answer.flags],
    }


def person_hash(import_id: uuid.UUID, annotator: str) -> str:
    """Return what tells people of one import apart; the source's own ids are kept nowhere."""
    if not annotator:
        return ""
    return salted_hmac(f"annotation.import.{import_id}", annotator, algorithm="sha256").hexdigest()


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
