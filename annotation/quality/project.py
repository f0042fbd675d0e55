"""The figures of a whole project, from its items one after another: nothing is kept of an item but sums.

Method `quality/1`. A change of any formula, bound or rule in this package is a new method, so that snapshots of
one method can be compared. Memory grows with people (and pairs of them, capped), never with items or ballots.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.quality import bias, measures
from annotation.quality.agreement import tau_b
from annotation.quality.alpha import coincidences
from annotation.quality.intervals import GroupedSums, Totals, add_to
from annotation.quality.orders import Order, midranks
from annotation.quality.plausibility import Flag, Habits, Pairs, flags_of
from annotation.quality.reliability import Running, Weight, agreement_with_others, weights
from annotation.quality.speed import Speed
from annotation.quality.verdict import ItemVerdict, Judged, assess

METHOD = "quality/1"


@dataclass(frozen=True)
class Given:
    """One ballot that counts. `gold`: (facts met, facts known); `seconds`: None where no time is known."""

    person: int
    judged: Judged
    shown: tuple[int, ...]
    seconds: float | None = None
    gold: tuple[int, int] | None = None


@dataclass(frozen=True)
class RatedItem:
    """One item: what counts for it, and (first answer, second answer) of each hidden repeat."""

    k: int
    is_gold: bool
    lengths: tuple[int, ...]
    prompt_length: int
    ballots: tuple[Given, ...]
    repeats: tuple[tuple[Order, Order], ...] = ()


@dataclass
class ProjectQuality:
    """Add every item once; then read `figures()` and `people()`."""

    sums: GroupedSums = field(default_factory=GroupedSums)
    gold: GroupedSums = field(default_factory=GroupedSums)
    self_agreement: GroupedSums = field(default_factory=GroupedSums)
    place: bias.SumTest = field(default_factory=bias.SumTest)
    length: bias.SumTest = field(default_factory=bias.SumTest)
    winners: Counter[int] = field(default_factory=Counter)
    place_ranks: Totals = field(default_factory=lambda: defaultdict(float))
    taus: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    running: dict[int, Running] = field(default_factory=dict)
    habits: dict[int, Habits] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=Pairs)
    speed: Speed = field(default_factory=Speed)
    k: int = 0
    items: int = 0
    ballots: int = 0
    to_review: int = 0

    def add(self, item: RatedItem) -> ItemVerdict:
        """Take one item in and return what its ballots come to."""
        self.k = max(self.k, item.k)
        self.items += 1
        self.ballots += len(item.ballots)
        verdict = assess([given.judged for given in item.ballots], item.k)
        self.to_review += verdict.needs_review
        self.reasons.update(verdict.reasons)
        self._add_habits(item)
        self._add_repeats(item)
        if item.is_gold:
            self._add_gold(item)
        else:
            self._add_agreement(item, verdict)
        return verdict

    def _add_agreement(self, item: RatedItem, verdict: ItemVerdict) -> None:
        orders = [given.judged.order for given in item.ballots]
        sums: Totals = defaultdict(float)
        if verdict.tau is not None:
            add_to(sums, {"tau": verdict.tau, "tau_items": 1})
            self.taus[measures.bin_of(verdict.tau)] += 1
        if len(orders) > 1:
            add_to(sums, coincidences(orders))
            add_to(sums, {"compared": 1, "cycle": int(verdict.cycle)})
        self._add_length(item, orders, sums)
        for given, agreement in zip(item.ballots, agreement_with_others(orders), strict=True):
            self._add_place(given, sums)
            if agreement is not None:
                self.running.setdefault(given.person, Running()).add(agreement)
                self.speed.add(given.person, given.seconds, agreement, sums)
        self.pairs.add([given.person for given in item.ballots], orders)
        self.sums.add(sums)

    def _add_length(self, item: RatedItem, orders: Sequence[Order], sums: Totals) -> None:
        balance, higher, pairs = bias.length_sum(orders, item.lengths)
        self.length.add_flip(balance)
        add_to(sums, {"longer_higher": higher, "length_pairs": pairs})

    def _add_place(self, given: Given, sums: Totals) -> None:
        order, shown = given.judged.order, given.shown
        self.place.add_place(order, shown)
        balance, pairs = bias.place_sum(order, shown)
        add_to(sums, {"earlier_higher": (pairs + balance) // 2, "place_pairs": pairs})
        ranks = midranks(order)
        for place, index in enumerate(shown):
            rank = ranks[index]
            if rank is not None:
                self.place_ranks[("sum", place)] += rank
                self.place_ranks[("n", place)] += 1
            self.winners[place] += rank == 1.0

    def _add_habits(self, item: RatedItem) -> None:
        characters = item.prompt_length + sum(item.lengths)
        for given in item.ballots:
            habits = self.habits.setdefault(given.person, Habits())
            habits.add(given.judged.order, given.shown, characters, given.seconds)
            self.raised.update(given.judged.flags)

    def _add_gold(self, item: RatedItem) -> None:
        known = [given.gold for given in item.ballots if given.gold is not None]
        met = {"gold_met": sum(met for met, _known in known), "gold_known": sum(n for _met, n in known)}
        self.gold.add({**met, "gold_ballots": len(known)})

    def _add_repeats(self, item: RatedItem) -> None:
        taus = [tau for first, again in item.repeats if (tau := tau_b(first, again)) is not None]
        same = sum(first == again for first, again in item.repeats)
        if item.repeats:
            self.self_agreement.add(
                {"self": sum(taus), "self_n": len(taus), "same": same, "repeats": len(item.repeats)}
            )

    def figures(self) -> dict[str, Any]:
        """Return everything as JSON; see docs/how-it-works/quality.md for what each figure means."""
        return measures.figures_of(self)

    def people(self) -> dict[int, tuple[int, Weight | None, list[Flag]]]:
        """Return (ballots, weight, flags) per person. For the quality file of a dataset and nothing else."""
        weight, flags = weights(self.running), self.flags()
        return {
            person: (habits.ballots, weight.get(person), flags.get(person, []))
            for person, habits in self.habits.items()
        }

    def flags(self) -> dict[int, list[Flag]]:
        return flags_of(self.habits, self.pairs)
