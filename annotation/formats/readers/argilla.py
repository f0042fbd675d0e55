"""Argilla records: a prompt and its completions as fields, rankings as responses to a question. Pure.

A ranking value names fields with ranks; ranks may repeat (ties) or be null (not compared). Other questions are
left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from annotation.formats.readers import answers
from annotation.formats.readers.prompts import TEXT_FIELDS
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import BadRow, completion_text, exact_prompt
from annotation.formats.rows import LabelledRow, OutsideAnswer


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[LabelledRow]:
    texts = record.get("fields")
    if not isinstance(texts, dict):
        raise BadRow("fields", "“fields” must be an object")
    prompt = next((name for name in (fields.text, *TEXT_FIELDS) if name in texts), None)
    if prompt is None:
        raise BadRow("fields", "“fields” has no prompt; name the field that holds it")
    names = list(fields.completions) or [name for name in texts if name != prompt]
    if missing := [name for name in names if name not in texts]:
        raise BadRow(missing[0], f"“fields” has no “{missing[0]}”")
    completions = tuple(completion_text(name, texts[name]) for name in names)
    found = tuple(_kept(record, len(names))) or tuple(_responses(record, names))
    yield LabelledRow(line, exact_prompt(prompt, texts[prompt]), completions=completions, answers=found)


def _kept(record: dict[str, Any], k: int) -> Iterator[OutsideAnswer]:
    """Yield the whole judgements that an export of Byhand keeps in the metadata."""
    kept = (record.get("metadata") or {}).get("byhand") if isinstance(record.get("metadata"), dict) else None
    if not isinstance(kept, str):
        return
    try:
        ballots = json.loads(kept)["ballots"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise BadRow("metadata", "“byhand” is not what an export of Byhand writes") from error
    for ballot in ballots if isinstance(ballots, list) else []:
        if not isinstance(ballot, dict):
            raise BadRow("metadata", "“byhand” is not what an export of Byhand writes")
        yield answers.answer(ballot.get("answer"), k, ballot.get("annotator"))


def _responses(record: dict[str, Any], names: list[str]) -> Iterator[OutsideAnswer]:
    questions = record.get("responses") or {}
    if not isinstance(questions, dict):
        raise BadRow("responses", "“responses” must be an object")
    for given in questions.values():
        for response in given if isinstance(given, list) else []:
            if isinstance(response, dict) and _is_ranking(response.get("value")):
                yield _ranking(response, names)


def _is_ranking(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, dict) and "rank" in entry and "value" in entry for entry in value)
    )


def _ranking(response: dict[str, Any], names: list[str]) -> OutsideAnswer:
    ranks: dict[int, int | None] = {}
    for entry in response["value"]:
        rank = entry["rank"]
        if entry["value"] not in names or names.index(entry["value"]) in ranks:
            raise BadRow(
                "responses", f"a ranking names {entry['value']!r:.60}, which is no field or named twice"
            )
        if rank is not None and (not isinstance(rank, int) or isinstance(rank, bool)):
            raise BadRow("responses", "a rank must be a whole number or null")
        ranks[names.index(entry["value"])] = rank
    known = sorted({rank for rank in ranks.values() if rank is not None})
    groups = tuple(tuple(at for at, rank in sorted(ranks.items()) if rank == one) for one in known)
    placed = {at for group in groups for at in group}
    return OutsideAnswer(
        annotator=answers.annotator_id(response.get("user_id")),
        groups=groups,
        unranked=tuple(at for at in range(len(names)) if at not in placed),
    )
