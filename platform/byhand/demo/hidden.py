"""The hidden preference: what the simulated annotators would like if they never erred.

Training code can't read this (an import contract says so); it decides only what the simulated annotators
answer, and whether PPO really made the policy better. Pure.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from byhand.demo import world as w


def _any(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(phrase) for phrase in phrases)


_REMARK = re.compile(rf"It is (?:{_any(w.HOW)}) ({_any(w.BRIGHT + w.PLAIN + w.DARK)})\.")
_DETAIL = re.compile(rf"(?:{_any(w.SEEING)}) (?:{_any(w.THINGS)}) (?:{_any(w.WHERE)})\.")
_SENTENCE = re.compile(r"[^.?!]*[.?!]|[^.?!]+$")


@dataclass(frozen=True)
class Reading:
    """What an attentive reader finds in an answer; all counts are of sentences."""

    bright: int
    dark: int
    kind: int
    rude: int
    details: int
    broken: int
    sentences: int

    @property
    def grammatical(self) -> bool:
        return self.sentences > 0 and self.broken == 0


def read(answer: str) -> Reading:
    """Count the tones, manners and details of an answer. A sentence of no known form counts as broken."""
    counts = dict.fromkeys(("bright", "dark", "kind", "rude", "details", "broken"), 0)
    sentences = [part.strip() for part in _SENTENCE.findall(answer) if part.strip()]
    for name in map(_kind_of, sentences):
        if name in counts:
            counts[name] += 1
    return Reading(sentences=len(sentences), **counts)


def _kind_of(sentence: str) -> str:
    if sentence in w.KIND_OPENERS or sentence in w.KIND_CLOSERS:
        return "kind"
    if sentence in w.RUDE_OPENERS or sentence in w.RUDE_CLOSERS:
        return "rude"
    if remark := _REMARK.fullmatch(sentence):
        word = remark.group(1)
        return "bright" if word in w.BRIGHT else "dark" if word in w.DARK else "plain"
    return "details" if _DETAIL.fullmatch(sentence) else "broken"


@dataclass(frozen=True)
class HiddenPreference:
    """Utility of an answer, linear in what was read. The seed moves the weights a little, never their signs."""

    bright: float
    dark: float
    kind: float
    rude: float
    detail: float
    broken: float

    @classmethod
    def of(cls, seed: int) -> HiddenPreference:
        rng = random.Random(f"hidden {seed}")

        def near(weight: float) -> float:
            return weight * rng.uniform(0.85, 1.15)

        return cls(near(0.9), near(-0.9), near(0.85), near(-0.8), near(0.75), near(-1.2))

    def utility(self, answer: str) -> float:
        """Return the utility. Counts are capped, so that saying a good thing ten times is not ten times as good."""
        seen = read(answer)
        if seen.sentences == 0:
            return -3.0
        return (
            self.bright * min(seen.bright, 2)
            + self.dark * min(seen.dark, 2)
            + self.kind * min(seen.kind, 2)
            + self.rude * min(seen.rude, 2)
            + self.detail * min(seen.details, 2)
            + self.broken * min(seen.broken, 3)
        )
