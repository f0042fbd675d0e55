"""Patterns that careful reading makes unlikely. A flag says "look", touches no pay and no offer, and proves nothing.

Every kind carries its evidence and how often chance alone would raise it:

- **straight_line**: the same answer *by place on the page* again and again. Pages are shuffled, so for somebody who
  looks at the texts every arrangement of the same tie sizes is equally likely; the count of the commonest one is
  binomial. Chance flags anybody in a project with probability at most CHANCE (Bonferroni over people and patterns).
- **shown_order**: the order as shown, kept. Its chance per ballot is that of one arrangement; the tail of a sum of
  unequal chances lies below the binomial of their mean (Hoeffding, Ann. Math. Stat. 27 (1956) 713-721). Same CHANCE.
- **unread**: less time than the words take. Silent reading of English runs at about 238 words a minute (Brysbaert,
  J. Memory and Language 109 (2019) 104047); the bound is three times that, 12 words a second, counted as 72
  characters. Who has seen the text, knows the prompt or meets a broken answer is honestly faster: a flag needs
  FEWEST such ballots and SHARE of all. No probability can be given; it is a bound, not a test.
- **copy_like**: two people give the same answers more often than pairs here do. Two careful people also agree more
  than others: the binomial tail is against the project's mean, so expect some flags that mean "both good".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import exp, factorial, lgamma, log, log1p, prod
from typing import Any

from annotation.quality.bias import tied_sizes
from annotation.quality.orders import Order

CHANCE = 0.01
"""Probability that a project of honest people has any straight_line (shown_order, copy_like) flag by chance."""
CHARACTERS_PER_SECOND = 72
FEWEST = 5
SHARE = 0.2
SHARED_FEWEST = 10
MOST_PATTERNS = 1_000
"""Arrangements that are counted per person; whoever repeats one shows it among the first."""
MOST_PAIRS = 200_000
"""Pairs of people that are compared; in larger crowds later pairs are not looked at."""
KINDS = ("straight_line", "shown_order", "unread", "copy_like")


@dataclass(frozen=True)
class Flag:
    """`evidence` are the counts behind it; `chance` how likely they are for somebody honest (None: unknown)."""

    kind: str
    evidence: Mapping[str, float | int]
    chance: float | None

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "evidence": dict(self.evidence), "chance": self.chance}


@dataclass
class Habits:
    """What is counted per person: answers by place, orders kept as shown, ballots faster than the words take."""

    ballots: int = 0
    places: Counter[tuple[int, ...]] = field(default_factory=Counter)
    sizes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    as_shown: int = 0
    as_shown_expected: float = 0.0
    could_keep: int = 0
    timed: int = 0
    unread: int = 0

    def add(self, order: Order, shown: Sequence[int], characters: int, seconds: float | None) -> None:
        """Count one ballot. `characters` is all text on the page; `seconds` None where no time is known."""
        self.ballots += 1
        by_place = tuple(order.levels[index] for index in shown)
        sizes = tied_sizes(order)
        if len(sizes) > 1:  # one tie over everything has no arrangement to repeat
            if by_place in self.places or len(self.places) < MOST_PATTERNS:
                self.places[by_place] += 1
            self.sizes[_composition(order)] += 1
            self.could_keep += 1
            self.as_shown += all(a <= b for a, b in pairwise(by_place))
            self.as_shown_expected += 1 / arrangements(sizes)
        if seconds is not None:
            self.timed += 1
            self.unread += characters > seconds * CHARACTERS_PER_SECOND


@dataclass
class Pairs:
    """How often two people ranked the same item, and how often with the very same answer."""

    shared: Counter[tuple[Hashable, Hashable]] = field(default_factory=Counter)
    equal: Counter[tuple[Hashable, Hashable]] = field(default_factory=Counter)

    def add(self, people: Sequence[int], orders: Sequence[Order]) -> None:
        """Count one item."""
        for a, b in combinations(sorted(range(len(people)), key=lambda at: people[at]), 2):
            pair = (people[a], people[b])
            if pair in self.shared or len(self.shared) < MOST_PAIRS:
                self.shared[pair] += 1
                self.equal[pair] += orders[a] == orders[b]


def flags_of(people: Mapping[int, Habits], pairs: Pairs) -> dict[int, list[Flag]]:
    """Return the flags of everybody who has any."""
    found: dict[int, list[Flag]] = {}
    for person, habits in people.items():
        own = [_straight_line(habits, len(people)), _shown_order(habits, len(people)), _unread(habits)]
        found[person] = [flag for flag in own if flag is not None]
    for person, flag in _copies(pairs):
        found.setdefault(person, []).append(flag)
    return {person: flags for person, flags in found.items() if flags}


def _straight_line(habits: Habits, people: int) -> Flag | None:
    best: Flag | None = None
    for pattern, times in habits.places.items():
        order = Order(pattern)
        ways, tries = arrangements(tied_sizes(order)), habits.sizes[_composition(order)]
        looked_at = ways * len(habits.sizes)
        chance = min(1.0, looked_at * binomial_tail(times, tries, 1 / ways))
        if times >= FEWEST and chance < CHANCE / people and (best is None or chance < (best.chance or 0)):
            best = Flag("straight_line", {"times": times, "of": tries, "expected": tries / ways}, chance)
    return best


def _shown_order(habits: Habits, people: int) -> Flag | None:
    tries = habits.could_keep
    if habits.as_shown < max(FEWEST, habits.as_shown_expected + 1):
        return None
    chance = binomial_tail(habits.as_shown, tries, habits.as_shown_expected / tries)
    evidence = {"times": habits.as_shown, "of": tries, "expected": habits.as_shown_expected}
    return Flag("shown_order", evidence, chance) if chance < CHANCE / people else None


def _unread(habits: Habits) -> Flag | None:
    if habits.unread < FEWEST or habits.unread < SHARE * habits.timed:
        return None
    return Flag("unread", {"times": habits.unread, "of": habits.timed}, None)


def _copies(pairs: Pairs) -> list[tuple[int, Flag]]:
    """Return (person, flag) for both people of every pair that agrees too often."""
    whole = sum(pairs.shared.values())
    rate = sum(pairs.equal.values()) / whole if whole else 0.0
    if not 0 < rate < 1:
        return []
    found: list[tuple[int, Flag]] = []
    for pair, shared in pairs.shared.items():
        equal = pairs.equal[pair]
        if shared < SHARED_FEWEST or equal <= rate * shared:
            continue
        chance = binomial_tail(equal, shared, rate)
        if chance < CHANCE / len(pairs.shared):
            flag = Flag("copy_like", {"times": equal, "of": shared, "expected": rate * shared}, chance)
            found += [(int(person), flag) for person in pair]  # type: ignore[call-overload]
    return found


def arrangements(sizes: Sequence[int]) -> int:
    """Return in how many ways groups of these sizes can fall on the places of a page."""
    return factorial(sum(sizes)) // prod(map(factorial, sizes))


def _composition(order: Order) -> tuple[int, ...]:
    """Return the group sizes from best to worst: (2, 1) and (1, 2) are answers of different shape."""
    counts = Counter(order.levels)
    return tuple(counts[level] for level in sorted(counts))


def binomial_tail(at_least: int, n: int, p: float) -> float:
    """Return P(X >= at_least) for X ~ Binomial(n, p), summed from the largest term down to nothing."""
    if at_least <= 0:
        return 1.0
    if p <= 0 or at_least > n:
        return 0.0
    if p >= 1:
        return 1.0
    if at_least <= n * p:  # the shorter side
        return 1.0 - sum(_binomial(x, n, p) for x in range(at_least))
    total = 0.0
    for x in range(at_least, n + 1):
        term = _binomial(x, n, p)
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, total)


def _binomial(x: int, n: int, p: float) -> float:
    ways = lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1)
    return exp(ways + x * log(p) + (n - x) * log1p(-p))
