"""Byhand's own raw ballots, `byhand.ballot/1`: one judgement a line, with everything of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.readers import answers
from annotation.formats.readers.prompts import completions
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import MAX_LANGUAGE, BadRow, exact_prompt, label, metadata
from annotation.formats.rows import LabelledRow

FORMAT = "byhand.ballot/1"


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[LabelledRow]:
    if record.get("format") != FORMAT:
        raise BadRow("format", f"“format” must be {FORMAT}")
    texts = completions(record, ("completions",))
    answer = answers.answer(record.get("answer"), len(texts), record.get("annotator"))
    prompt = exact_prompt("prompt", record.get("prompt"))
    kept = metadata({name: record.get(name) for name in ("split", "origin", "simulated")})
    language = label("language", record.get("language"), MAX_LANGUAGE)
    yield LabelledRow(line, prompt, "", language, kept, texts, (answer,))
