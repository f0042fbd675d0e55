"""Everything that is recorded about a worker's own time, as CSV and as JSON, streamed in the order of the records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from byhand.accounts.models import User
from wages.models import Beat, GapQuestion, Interval, Release
from wages.paying.cells import guarded
from wages.timekeeping.timeline_words import why

CHUNK = 2000
HEADER = (
    "interval", "from_utc", "to_utc", "milliseconds", "category", "project", "work", "rule_version", "why",
    "ran_as", "ran_since_utc", "last_sign_utc", "asked_utc", "item_in_hand", "decided_utc", "resolves", "by_rule",
    "earned_micro", "currency", "pay_period", "simulated",
)  # fmt: skip


def csv_rows(worker: User) -> Iterator[list[str]]:
    """Yield the header and every interval with its facts, oldest first, as cells that no spreadsheet runs."""
    yield list(HEADER)
    for row in _intervals(worker):
        facts = _interval(row)
        cells = [
            ""
            if facts[name] is None
            else str(facts[name]).lower()
            if isinstance(facts[name], bool)
            else str(facts[name])
            for name in HEADER
        ]
        yield [guarded(cell) for cell in cells]


def json_parts(worker: User) -> Iterator[str]:
    """Yield one JSON object in pieces: intervals, beats, questions and releases, each a list."""
    yield '{"v": 1, "times": "UTC, ISO 8601"'
    for name, records in _lists(worker):
        yield f', "{name}": ['
        for place, record in enumerate(records):
            yield f"{',' if place else ''}\n{json.dumps(record, ensure_ascii=False)}"
        yield "]"
    yield "}\n"


def _lists(worker: User) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    yield "intervals", (_interval(row) for row in _intervals(worker))
    beats = Beat.objects.filter(worker=worker).order_by("at", "seq")
    yield "beats", (_beat(row) for row in beats.iterator(chunk_size=CHUNK))
    yield "questions", _questions(worker)
    releases = Release.objects.filter(worker=worker).select_related("project").order_by("id")
    yield "releases", (_release(row) for row in releases.iterator(chunk_size=CHUNK))
    about_gaps = GapQuestion.objects.filter(worker=worker).select_related("project").order_by("id")
    yield (
        "questions_of_stewards",
        (
            {
                "project": row.project.title,
                "week": row.week.isoformat(),
                "asked_utc": row.asked_at.isoformat(),
            }
            for row in about_gaps.iterator(chunk_size=CHUNK)
        ),
    )


def _intervals(worker: User) -> Iterator[Interval]:
    rows = Interval.objects.filter(worker=worker).select_related("project", "pay_period").order_by("id")
    return rows.iterator(chunk_size=CHUNK)


def _interval(row: Interval) -> dict[str, Any]:
    return {
        "interval": row.pk,
        "from_utc": row.period.lower.isoformat(),
        "to_utc": row.period.upper.isoformat(),
        "milliseconds": row.ms,
        "category": row.category,
        "project": row.project.title,
        "work": f"{row.work_kind}:{row.work_id}" if row.work_id else None,
        "rule_version": row.rule_version,
        "why": why(row),
        "ran_as": row.stretch_category or None,
        "ran_since_utc": _iso(row.stretch_since),
        "last_sign_utc": _iso(row.stretch_seen),
        "asked_utc": _iso(row.stretch_asked),
        "item_in_hand": row.stretch_held,
        "decided_utc": _iso(row.judged_at),
        "resolves": row.resolves_id,
        "by_rule": row.by_rule,
        "earned_micro": row.earned_micro,
        "currency": row.project.currency,
        "pay_period": row.pay_period.label,
        "simulated": row.simulated,
    }


def _beat(row: Beat) -> dict[str, Any]:
    return {
        "at_utc": row.at.isoformat(),
        "tab": row.tab,
        "seq": row.seq,
        "elapsed_ms": row.elapsed_ms,
        "work": f"{row.work_kind}:{row.work_id}" if row.work_id else None,
        "focused": row.focused,
        "session": row.session,
    }


def _questions(worker: User) -> Iterator[dict[str, Any]]:
    """Yield each "Still working?" that a stretch ended with, and when it was decided what that meant."""
    asked = Interval.objects.filter(worker=worker, stretch_asked__isnull=False).order_by("id")
    seen: set[Any] = set()
    for row in asked.only("stretch_asked", "judged_at", "category").iterator(chunk_size=CHUNK):
        if row.stretch_asked not in seen:
            seen.add(row.stretch_asked)
            yield {"asked_utc": _iso(row.stretch_asked), "next_act_utc": _iso(row.judged_at)}


def _release(row: Release) -> dict[str, Any]:
    return {
        "project": row.project.title,
        "released_utc": row.released_at.isoformat(),
        "expected_utc": _iso(row.expected_at),
        "recalled_utc": _iso(row.recalled_at),
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
