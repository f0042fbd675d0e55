"""Writes the slice of a period: draft leaves a batch at a time, then all of them at once in their final order.

The bodies are built in the database, byte for byte as `wages.closing.freezing` would build them, so that two million of
them never pass through Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from wages.closing import freezing
from wages.closing.batches import OPEN_GAPS, Batch
from wages.models import PaidProject, Period

HASHES_AT_ONCE = 8192

# 244 random bits, hashed to the length wanted; evaluated anew for every row
_RANDOM = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
_NAMES = f"""
INSERT INTO wages_leafname (period_id, worker_id, name)
SELECT %(period)s, worker_id, encode(substring({_RANDOM} FOR 16), 'hex')
FROM unnest(%(workers)s::bigint[]) AS batch (worker_id)
"""  # noqa: S608
# an answered gap is counted by its answer, and of others what the rule has not paid; a gap that was no work is nobody's
# working time; a reversal lowers what it reverses; pieces belong to the time that made them
_DRAFTS = f"""
WITH part AS (
    SELECT worker_id, category, work_kind, work_id, rate_card_id, ms, earned_micro
    FROM wages_interval worked
    WHERE pay_period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s
      AND category <> 'unknown' AND NOT (rate_card_id IS NULL AND resolves_id IS NOT NULL)
    UNION ALL
    SELECT worker_id, 'unknown', work_kind, work_id, NULL, open_ms, 0 FROM ({OPEN_GAPS}) gap WHERE open_ms > 0
    UNION ALL
    SELECT worked.worker_id, worked.category, worked.work_kind, worked.work_id, worked.rate_card_id, 0,
           posting.amount_micro
    FROM wages_interval worked
    JOIN wages_entry piece ON piece.interval_id = worked.id AND piece.kind = 'piece'
    JOIN wages_posting posting ON posting.entry_id = piece.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
    WHERE worked.pay_period_id = %(period)s AND worked.worker_id BETWEEN %(first)s AND %(last)s
      AND (SELECT EXISTS (SELECT 1 FROM wages_accrual WHERE period_id = %(period)s AND pieces_micro > 0
                          AND worker_id BETWEEN %(first)s AND %(last)s))
    UNION ALL
    SELECT account.worker_id, coalesce(worked.category, first.kind, entry.kind), coalesce(worked.work_kind, ''),
           coalesce(worked.work_id, ''), worked.rate_card_id, 0, posting.amount_micro
    FROM wages_entry entry
    JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
        AND account.worker_id BETWEEN %(first)s AND %(last)s
    LEFT JOIN wages_entry first ON first.id = entry.reverses_id
    LEFT JOIN wages_interval worked ON worked.id = first.interval_id AND first.kind IN ('work', 'piece')
    WHERE entry.pay_period_id = %(period)s AND entry.kind NOT IN ('work', 'piece', 'period')
), leaf AS MATERIALIZED (
    SELECT worker_id, category, work_kind, work_id, rate_card_id, sum(ms)::bigint AS ms,
           sum(earned_micro)::bigint AS earned
    FROM part GROUP BY 1, 2, 3, 4, 5
), written AS (
    INSERT INTO wages_draftleaf (period_id, salt, body, earned_micro)
    SELECT %(period)s, {_RANDOM},
        '{{"category":' || to_json(category)::text || ',"currency":"' || %(currency)s || '","earned_micro":"' || earned
        || '","ms":"' || ms || '","rate_card":' || coalesce('"' || %(project)s || '/v' || card.version || '"', 'null')
        || ',"simulated":' || %(simulated)s || ',"v":1,"work":'
        || CASE WHEN work_id = '' THEN 'null' ELSE to_json(work_kind || ':' || work_id)::text END
        || ',"worker":"' || name.name || '"}}',
        earned
    FROM leaf JOIN wages_leafname name ON name.period_id = %(period)s AND name.worker_id = leaf.worker_id
    LEFT JOIN wages_ratecard card ON card.id = rate_card_id
    RETURNING earned_micro
)
SELECT coalesce(sum(earned_micro), 0)::bigint FROM written
"""  # noqa: S608
_PAD = f"""
INSERT INTO wages_draftleaf (period_id, salt, body, earned_micro)
SELECT %(period)s, {_RANDOM}, %(padding)s, 0 FROM generate_series(1, %(lacking)s)
"""  # noqa: S608
_PLACE = """
INSERT INTO wages_sliceleaf (period_id, position, body, salt)
SELECT period_id, row_number() OVER (ORDER BY salt) - 1, body, salt FROM wages_draftleaf WHERE period_id = %(period)s
"""
_HASHES = """
SELECT string_agg(sha256('\\x00'::bytea || salt || convert_to(body, 'UTF8')), ''::bytea ORDER BY position)
FROM wages_sliceleaf WHERE period_id = %s AND position >= %s AND position < %s
"""


def draft_leaves(project: PaidProject, batch: Batch) -> int:
    """Write the draft leaves of a batch of workers, each under a new random name; return what they earned in all."""
    values = {
        **batch.values,
        "workers": list(batch.workers),
        "project": str(project.pk),
        "currency": project.currency,
        "simulated": "true" if project.simulated else "false",
    }
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, values)
        cursor.execute(_DRAFTS, values)
        return int(cursor.fetchone()[0])


def drafted(period: Period) -> tuple[int, int]:
    """Return how many draft leaves there are, and what they earned in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(earned_micro), 0)::bigint FROM wages_draftleaf WHERE period_id = %s",
            [period.pk],
        )
        count, earned = cursor.fetchone()
    return int(count), int(earned)


def place_leaves(period: Period, drafts: int) -> tuple[str, int]:
    """Turn the drafts, padded, into the period's leaves; return their root in hex and their number."""
    size = freezing.padded_size(drafts)
    values: dict[str, Any] = {"period": period.pk, "padding": freezing.PADDING, "lacking": size - drafts}
    with connection.cursor() as cursor:
        cursor.execute(_PAD, values)
        cursor.execute(_PLACE, values)
        cursor.execute("DELETE FROM wages_draftleaf WHERE period_id = %(period)s", values)
    return freezing.root(leaf_hashes(period.pk, size)), size


def leaf_hashes(period_id: int, size: int) -> Iterator[bytes]:
    """Yield the RFC 6962 leaf hashes of a period in their order, holding a few thousand of them."""
    for start in range(0, size, HASHES_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_HASHES, [period_id, start, start + HASHES_AT_ONCE])
            joined = bytes(cursor.fetchone()[0] or b"")
        for place in range(0, len(joined), 32):
            yield joined[place : place + 32]
