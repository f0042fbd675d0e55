"""Reads what an export holds, in one snapshot and in bounded memory: server-side cursors on a connection of its own.

The connection is its own because the job reports progress on the other one while the snapshot stays open. Nothing
here decides what may leave; `annotation.exports.release` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.db import connections

from annotation.exports.options import Options

FETCH = 50  # items with all their texts
AHEAD = 2000  # ids

# Why a ballot is left out unless it is asked for; NULL: it counts. One rule for all queries below.
WITHDRAWN = "EXISTS (SELECT 1 FROM annotation_withdrawnballot gone WHERE gone.ballot_id = {})"
REASON = f"""CASE
    WHEN {WITHDRAWN.format("ballot.id")} THEN 'withdrawn'
    WHEN EXISTS (SELECT 1 FROM annotation_ballot newer WHERE newer.supersedes_id = ballot.id) THEN 'superseded'
    WHEN item.role <> 'rank' THEN item.role
    WHEN lease.repeat THEN 'repeats'
    WHEN ballot.surplus THEN 'surplus'
END"""  # noqa: S608
DECISION = f"""
LEFT JOIN LATERAL (
    SELECT decided.*, reason.text AS said FROM annotation_adjudication decided
    LEFT JOIN annotation_adjudicationreason reason ON reason.adjudication_id = decided.id
    WHERE decided.item_id = item.id AND NOT EXISTS (
        SELECT 1 FROM annotation_adjudication later WHERE later.supersedes_id = decided.id)
    AND NOT {WITHDRAWN.format("decided.ballot_id")}
) decision ON %(adjudicated)s <> 'leave_out'
"""  # noqa: S608
BALLOTS = """
FROM annotation_ballot ballot
JOIN annotation_lease lease ON lease.id = ballot.lease_id
JOIN annotation_item item ON item.id = ballot.item_id
"""
STANDS = f"(({REASON}) IS NULL OR ({REASON}) = ANY(%(include)s))"
REPLACED = f"""(%(adjudicated)s = 'replace' AND EXISTS (
    SELECT 1 FROM annotation_adjudication decided
    WHERE decided.item_id = item.id AND decided.ballots @> to_jsonb(ballot.id::text)
    AND NOT {WITHDRAWN.format("decided.ballot_id")}))"""  # noqa: S608
REPLACED_BY = """CASE WHEN EXISTS (
    SELECT 1 FROM annotation_adjudication decided WHERE decided.item_id = item.id AND decided.answer IS NULL
    AND NOT EXISTS (SELECT 1 FROM annotation_adjudication later WHERE later.supersedes_id = decided.id)
) THEN 'not_rankable' ELSE 'adjudicated' END"""
LEFT_OUT = f"""
SELECT CASE WHEN {STANDS} THEN {REPLACED_BY} ELSE {REASON} END AS why, count(*)
{BALLOTS} WHERE item.project_id = %(project)s AND (NOT {STANDS} OR {REPLACED})
GROUP BY why ORDER BY why
"""
INSIDE = f"""
SELECT ballot.id, ballot.answer_hash, ballot.worker_id
{BALLOTS} WHERE item.project_id = %(project)s AND {STANDS} AND NOT {REPLACED} ORDER BY ballot.id
"""
SKIPS = """
SELECT skip.reason, count(*) FROM annotation_skip skip JOIN annotation_lease lease ON lease.id = skip.lease_id
WHERE lease.project_id = %(project)s GROUP BY skip.reason ORDER BY skip.reason
"""
# Ids are put in order first, texts are read after: what is sorted stays small.
ITEM_IDS = """
SELECT item.id FROM annotation_item item WHERE item.project_id = %(project)s
ORDER BY md5(%(salt)s || item.id::text), item.id
"""
ITEMS = f"""
SELECT jsonb_build_object(
    'item', item.id, 'role', item.role, 'prompt_id', prompt.id, 'prompt_group', prompt.prompt_group,
    'prompt', prompt.text, 'language', prompt.language, 'metadata', prompt.metadata,
    'import', prompt.prompt_import_id, 'generation', generation.id,
    'policy', generation.policy_name, 'policy_digest', generation.policy_digest,
    'completions', (SELECT jsonb_agg(completion.text ORDER BY completion.index) FROM annotation_completion completion
        WHERE completion.generation_id = item.generation_id AND completion.prompt_id = item.prompt_id),
    'ballots', coalesce(given.ballots, '[]'::jsonb),
    'decision', CASE WHEN decision.id IS NOT NULL THEN jsonb_build_object(
        'adjudication', decision.id, 'decision', decision.decision, 'answer', decision.answer,
        'said', decision.said, 'decided_at', decision.created_at) END)::text
FROM annotation_item item
JOIN annotation_prompt prompt ON prompt.id = item.prompt_id
JOIN annotation_generation generation ON generation.id = item.generation_id
{DECISION}
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'ballot', ballot.id, 'lease', ballot.lease_id, 'worker', ballot.worker_id, 'pseudonym', person.pseudonym,
        'groups', ballot.groups, 'unranked', ballot.unranked, 'unacceptable', ballot.unacceptable,
        'strengths', ballot.strengths, 'ratings', ballot.ratings, 'flags', ballot.flags, 'note', note.text,
        'shown_order', ballot.shown_order, 'answer_hash', ballot.answer_hash, 'supersedes', ballot.supersedes_id,
        'status', coalesce({REASON}, 'counted'), 'submitted_at', ballot.created_at, 'taken_at', lease.taken_at,
        'expires_at', lease.expires_at, 'ended_at', lease.ended_at)
        ORDER BY md5(%(salt)s || ballot.id::text)) AS ballots
    FROM annotation_ballot ballot
    JOIN annotation_lease lease ON lease.id = ballot.lease_id
    JOIN annotation_participation person ON person.project_id = lease.project_id AND person.user_id = ballot.worker_id
    LEFT JOIN annotation_ballotnote note ON note.ballot_id = ballot.id
    WHERE ballot.item_id = item.id AND {STANDS} AND NOT {REPLACED}
) given ON true
WHERE item.id = ANY(%(ids)s)
    AND (given.ballots IS NOT NULL OR decision.answer IS NOT NULL AND item.role = 'rank')
ORDER BY array_position(%(ids)s, item.id)
"""  # noqa: S608 (parts of this module, no input)
LABEL_IDS = """
SELECT label.id FROM annotation_outsidelabel label
JOIN annotation_promptimport import ON import.id = label.prompt_import_id AND import.published_at IS NOT NULL
WHERE import.project_id = %(project)s
ORDER BY md5(%(salt)s || label.prompt_id::text), label.prompt_id, md5(label.completions::text),
    md5(%(salt)s || label.id::text)
"""
LABELS = """
SELECT jsonb_build_object('label', label.id, 'prompt_id', prompt.id, 'prompt_group', prompt.prompt_group,
    'prompt', prompt.text, 'language', prompt.language, 'metadata', prompt.metadata,
    'import', label.prompt_import_id, 'completions', label.completions,
    'answer', label.answer, 'note', label.note, 'annotator', label.annotator_hash)::text
FROM annotation_outsidelabel label JOIN annotation_prompt prompt ON prompt.id = label.prompt_id
WHERE label.id = ANY(%(ids)s) ORDER BY array_position(%(ids)s, label.id)
"""
SOURCES = """
SELECT source.id, source.title, source.creator, source.licence, source.consent, source.reason
FROM annotation_source source
WHERE source.id IN (SELECT import.source_id FROM annotation_promptimport import
    WHERE import.project_id = %(project)s AND import.published_at IS NOT NULL)
ORDER BY source.title, source.creator, source.id
"""


@dataclass(frozen=True)
class Snapshot:
    """Reads of one project that all speak of the same moment."""

    connection: Any
    project_id: UUID
    options: Options

    def left_out(self) -> dict[str, int]:
        """Count by reason the ballots that are left out, and the leases that ended in a skip."""
        ballots = {str(why): int(n) for why, n in self._all(LEFT_OUT)}
        return ballots | {f"skipped:{reason}": int(n) for reason, n in self._all(SKIPS)}

    def inside(self) -> Iterator[tuple[UUID, str, int]]:
        """Yield (ballot, answer hash, worker) of every ballot that is inside, by ballot id."""
        yield from self._stream(INSIDE)

    def items(self, salt: str, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield each item with its ballots, in an order that the salt draws."""
        yield from islice(self._by_ids(ITEM_IDS, ITEMS, salt), limit)

    def outside(self, salt: str, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield each label that was made elsewhere; those of the same completions come together."""
        yield from islice(self._by_ids(LABEL_IDS, LABELS, salt), limit)

    def sources(self) -> list[dict[str, str]]:
        names = ("id", "title", "creator", "licence", "consent", "reason")
        return [dict(zip(names, map(str, row), strict=True)) for row in self._all(SOURCES)]

    def _by_ids(self, ids: str, rows: str, salt: str) -> Iterator[dict[str, Any]]:
        found = self._stream(ids, salt=salt)
        while batch := [row[0] for row in islice(found, FETCH)]:
            for (text,) in self._all(rows, ids=batch, salt=salt):
                yield json.loads(text)

    def _values(self, **more: Any) -> dict[str, Any]:
        return {
            "project": self.project_id,
            "include": list(self.options.include),
            "adjudicated": self.options.adjudicated,
            **more,
        }

    def _all(self, query: str, **more: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, self._values(**more))
            return list(cursor.fetchall())

    def _stream(self, query: str, **more: Any) -> Iterator[Any]:
        with self.connection.cursor(name=f"export_{uuid4().hex}") as cursor:
            cursor.itersize = AHEAD
            cursor.execute(query, self._values(**more))
            yield from cursor


@contextmanager
def snapshot(project_id: UUID, options: Options) -> Iterator[Snapshot]:
    """Open a read-only snapshot of the database on a connection of its own."""
    wrapper = connections.create_connection("default")
    try:
        wrapper.ensure_connection()
        raw = wrapper.connection
        with raw.transaction():
            raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield Snapshot(raw, project_id, options)
    finally:
        wrapper.close()
