"""A tiny world to train in: questions about a place, and answers that differ in tone, manners and detail.

Owns the templates, the corpus of the base policy and the prompts of a round. It knows nothing of what
anybody prefers: that is `byhand.demo.hidden`, which training code can't read. Pure; every draw comes from
the seed, so the same seed is the same world.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

PLACES = (
    "garden", "market", "harbour", "library", "station", "bridge", "museum", "park", "bakery", "square",
    "beach", "forest", "theatre", "castle", "village", "river", "school", "island", "valley", "workshop",
)  # fmt: skip
QUESTIONS = (
    "How is the {place} {when}?", "What is the {place} like {when}?", "Is the {place} worth a visit {when}?",
    "Tell me about the {place} {when}.", "Can you describe the {place} {when}?",
    "What should I know about the {place} {when}?", "Would you go to the {place} {when}?",
    "What do people say about the {place} {when}?",
)  # fmt: skip
WHEN = (
    "today",
    "this morning",
    "at noon",
    "this evening",
    "on Sunday",
    "in spring",
    "in winter",
    "these days",
)

KIND_OPENERS = ("Good question.", "Thank you for asking.", "I am glad to help.", "What a nice thing to ask.")
RUDE_OPENERS = (
    "Why do you ask?",
    "Look it up yourself.",
    "I have no time for this.",
    "That is a silly question.",
)
KIND_CLOSERS = ("Have a lovely day.", "Ask me any time.", "I hope that helps.", "Enjoy your visit.")
RUDE_CLOSERS = ("Now leave me alone.", "That is all you get.", "Do not ask again.", "Go and see, or do not.")
BRIGHT = ("calm", "bright", "lovely", "clean", "warm", "cheerful", "charming", "peaceful")
PLAIN = ("open", "quiet", "old", "small", "busy", "simple", "usual", "large")
DARK = ("dull", "dirty", "noisy", "grey", "crowded", "gloomy", "tired", "smelly")
HOW = ("very", "quite", "rather", "really")
THINGS = ("a stone fountain", "two old boats", "fresh bread", "a wooden bench", "tall trees", "a brass band",
          "painted doors", "a small cafe")  # fmt: skip
WHERE = (
    "near the gate",
    "by the water",
    "behind the wall",
    "under the arch",
    "in the middle",
    "at the far end",
)
SEEING = ("You can see", "There is", "Look for", "People like")


@dataclass(frozen=True)
class World:
    """One world. The seed decides how often each tone, manner and detail occurs in the base policy's corpus."""

    seed: int
    tone: tuple[float, float, float] = field(init=False)  # bright, plain, dark
    manners: tuple[float, float, float] = field(init=False)  # kind, none, rude

    def __post_init__(self) -> None:
        rng = random.Random(f"world {self.seed}")
        object.__setattr__(self, "tone", _near((0.32, 0.34, 0.34), rng))
        object.__setattr__(self, "manners", _near((0.28, 0.44, 0.28), rng))

    def prompts(self, count: int, *, skip: int = 0) -> list[str]:
        """Return `count` different questions; `skip` leaves out the ones that another use of this world took."""
        every = [q.format(place=p, when=w) for q, p, w in itertools.product(QUESTIONS, PLACES, WHEN)]
        random.Random(f"prompts {self.seed}").shuffle(every)
        if skip + count > len(every):
            raise ValueError(f"this world has {len(every)} questions; {skip + count} were asked for")
        return every[skip : skip + count]

    def corpus(self, count: int) -> Iterator[dict[str, str]]:
        """Yield `count` question and answer pairs to train the base policy on."""
        rng = random.Random(f"corpus {self.seed}")
        for _ in range(count):
            question = rng.choice(QUESTIONS).format(place=rng.choice(PLACES), when=rng.choice(WHEN))
            yield {"prompt": question, "completion": self.answer(rng)}

    def answer(self, rng: random.Random) -> str:
        """Draw one answer: an opener, one or two remarks, at most two details, a closer."""
        opener = rng.choices((rng.choice(KIND_OPENERS), "", rng.choice(RUDE_OPENERS)), self.manners)[0]
        closer = rng.choices((rng.choice(KIND_CLOSERS), "", rng.choice(RUDE_CLOSERS)), self.manners)[0]
        remarks = [self._remark(rng) for _ in range(rng.choice((1, 1, 2)))]
        details = [self._detail(rng) for _ in range(rng.choices((0, 1, 2), (0.5, 0.35, 0.15))[0])]
        return " ".join(part for part in (opener, *remarks, *details, closer) if part)

    def _remark(self, rng: random.Random) -> str:
        words = rng.choices((BRIGHT, PLAIN, DARK), self.tone)[0]
        return f"It is {rng.choice(HOW)} {rng.choice(words)}."

    def _detail(self, rng: random.Random) -> str:
        return f"{rng.choice(SEEING)} {rng.choice(THINGS)} {rng.choice(WHERE)}."


def _near(shares: tuple[float, float, float], rng: random.Random) -> tuple[float, float, float]:
    """Return the shares, each moved by up to a tenth of itself, summing to one again."""
    moved = [share * rng.uniform(0.9, 1.1) for share in shares]
    total = sum(moved)
    return (moved[0] / total, moved[1] / total, moved[2] / total)
