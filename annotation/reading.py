"""How long a text is to read, and what changed between two versions of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from byhand.money import ceil_div

WORDS_PER_MINUTE = 200  # careful reading of instructions; silent reading of stories is faster
# Scripts without spaces: Han, kana and what goes with them; Thai, Lao, Burmese and Khmer, with several signs a word
_IDEOGRAPHS = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
SIGNS_OF_A_WORD = 4
CONTEXT = 1  # unchanged lines kept around a change


@dataclass(frozen=True)
class Line:
    """One line of a comparison: `kind` is same, added, removed or gap (unchanged lines left out)."""

    kind: str
    text: str = ""
    left_out: int = 0


def words(text: str) -> int:
    """Count words; in scripts without spaces each ideograph or kana counts, and of other scripts four signs."""
    rest, ideographs = _IDEOGRAPHS.subn(" ", text)
    rest, signs = _UNSPACED.subn(" ", rest)
    if ideographs + signs == 0:
        return len(text.split())
    spaced = sum(
        any(sign.isalnum() for sign in part) for part in rest.split()
    )  # what is left may be commas alone
    return spaced + ideographs + ceil_div(signs, SIGNS_OF_A_WORD)


def reading_ms(text: str) -> int:
    """Return how long reading takes at WORDS_PER_MINUTE: an estimate for planning, never a limit."""
    return words(text) * 60_000 // WORDS_PER_MINUTE


def changes(old: str, new: str) -> list[Line]:
    """Return the lines that differ, each with a line of context; [] where only blank lines do, or none."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    lines: list[Line] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            lines += [Line("same", text) for text in before[i1:i2]]
        else:
            lines += [Line("removed", text) for text in before[i1:i2] if text.strip()]
            lines += [Line("added", text) for text in after[j1:j2] if text.strip()]
    if all(line.kind == "same" for line in lines):
        return []
    return list(_shortened(lines))


def _shortened(lines: list[Line]) -> Iterator[Line]:
    """Leave out unchanged lines that stand far from any change."""
    changed = [at for at, line in enumerate(lines) if line.kind != "same"]
    keep = {near for at in changed for near in range(at - CONTEXT, at + CONTEXT + 1)}
    hidden = 0
    for at, line in enumerate(lines):
        if at not in keep:
            hidden += 1
            continue
        if hidden:
            yield Line("gap", left_out=hidden)
            hidden = 0
        yield line
    if hidden:
        yield Line("gap", left_out=hidden)
