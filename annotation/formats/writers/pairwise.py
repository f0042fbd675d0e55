"""Pairs as trainers read them: TRL's conversational preference rows and the texts of Anthropic's HH files.

Both are made from the strict pairs of `annotation.formats.pairs`; ties are skipped and counted, never broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from annotation.formats.conversations import NotAConversation, hh_parts, hh_text, messages_of
from annotation.formats.pairs import Pair, pairs, tied
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Task, mark

_MARKER = re.compile(r"\n\n(?=(?:Human|Assistant|System):)")
MARKERS = {
    "leave_out": "pairs with such a text are left out and counted",
    "escape": "a space goes between the blank line and the word; the text is no longer the original",
}


@dataclass(frozen=True)
class TrlRows:
    """`{"prompt": [user], "chosen": [assistant], "rejected": [assistant]}`, and `margin` on all rows or none."""

    policy: str
    margin: str
    tally: Tally

    def rows(self, task: Task) -> Iterator[dict[str, Any]]:
        for pair, extra in _stated(task, self.policy, self.tally):
            row = {
                "prompt": [_says(role, content) for role, content in messages_of(task.prompt)],
                "chosen": [_says("assistant", task.completions[pair.better])],
                "rejected": [_says("assistant", task.completions[pair.worse])],
                **extra,
            }
            if self.margin == "none":
                yield row
            elif pair.margin is None:
                self.tally.left_out["pairs_without_strength"] += 1
            else:
                yield {**row, "margin": pair.margin}


@dataclass(frozen=True)
class HhRows:
    """`{"chosen": text, "rejected": text}`, each the whole dialogue after "Human:" and "Assistant:"."""

    policy: str
    markers: str
    tally: Tally

    def rows(self, task: Task) -> Iterator[dict[str, Any]]:
        for pair, extra in _stated(task, self.policy, self.tally):
            texts = [task.completions[pair.better], task.completions[pair.worse]]
            prompt = task.prompt
            if self.markers == "escape" and not all(is_safe(prompt, text) for text in texts):
                prompt = prompt if is_safe(prompt, "") else _MARKER.sub("\n\n ", prompt)
                texts = [_MARKER.sub("\n\n ", text) for text in texts]
                self.tally.left_out["texts_of_pairs_escaped"] += 1
            if all(is_safe(prompt, text) for text in texts):
                yield {"chosen": hh_text(prompt, texts[0]), "rejected": hh_text(prompt, texts[1]), **extra}
            else:
                self.tally.left_out["pairs_with_a_marker_in_the_text"] += 1


def is_safe(prompt: str, completion: str) -> bool:
    """Whether the dialogue reads back as exactly this prompt and this completion, by us and by others."""
    try:
        read = hh_parts(hh_text(prompt, completion))
    except NotAConversation:
        return False
    return read == (prompt, completion) and _MARKER.search(f"\n\n{completion}", 1) is None


def _says(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _stated(task: Task, policy: str, tally: Tally) -> Iterator[tuple[Pair, dict[str, Any]]]:
    """Yield each pair with the marks its row must carry. Pairs of equal texts teach nothing and are left out."""
    for ballot in task.ballots:
        tally.left_out["pairs_tied_or_not_compared"] += tied(ballot.answer)
        outside = {"wages": OUTSIDE_MARK} if ballot.origin == OUTSIDE else {}
        for pair in pairs(ballot.answer, policy):
            if task.completions[pair.better] == task.completions[pair.worse]:
                tally.left_out["pairs_of_equal_texts"] += 1
            else:
                yield pair, {**mark(task), **outside}
