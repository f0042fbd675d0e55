"""Simulated annotators: how each of them errs. Pure; every account they use is marked `simulated`."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from byhand.demo.hidden import HiddenPreference


@dataclass(frozen=True)
class Judgement:
    """An answer to one item, in positions of the completions as they were shown (0-based)."""

    groups: list[list[int]]
    unacceptable: list[int]


@dataclass(frozen=True)
class SimulatedAnnotator:
    """Ranks by the hidden preference plus Gumbel noise, which is the Plackett-Luce model.

    `noise` is the noise's scale: 0.5 agrees with the hidden preference most of the time, infinity never reads.
    `tie` is the distance below which two answers look alike to this person; below `floor` an answer is
    unacceptable to them.
    """

    name: str
    noise: float
    tie: float = 0.15
    floor: float = -3.2

    @property
    def spams(self) -> bool:
        return math.isinf(self.noise)

    def judge(self, completions: list[str], hidden: HiddenPreference, rng: random.Random) -> Judgement:
        """Return this person's ranking of `completions`; a spammer's is a random order without a reading."""
        positions = list(range(len(completions)))
        if self.spams:
            rng.shuffle(positions)
            return Judgement([[p] for p in positions], [])
        felt = {p: hidden.utility(completions[p]) + self.noise * _gumbel(rng) for p in positions}
        bad = sorted(p for p in positions if felt[p] < self.floor)
        good = sorted((p for p in positions if felt[p] >= self.floor), key=lambda p: -felt[p])
        groups: list[list[int]] = []
        for p in good:
            if groups and felt[groups[-1][0]] - felt[p] < self.tie:
                groups[-1].append(p)
            else:
                groups.append([p])
        return Judgement(groups, bad)


def _gumbel(rng: random.Random) -> float:
    """Draw from the Gumbel distribution with mean 0 (its usual mean is Euler's constant)."""
    return -math.log(-math.log(rng.uniform(1e-12, 1 - 1e-12))) - 0.5772156649


CREW = (
    SimulatedAnnotator("simulated 1, careful", 0.5),
    SimulatedAnnotator("simulated 2, careful", 0.6),
    SimulatedAnnotator("simulated 3, steady", 0.8),
    SimulatedAnnotator("simulated 4, steady", 0.9),
    SimulatedAnnotator("simulated 5, hasty", 1.3),
    SimulatedAnnotator("simulated 6, spammer", math.inf),
)
