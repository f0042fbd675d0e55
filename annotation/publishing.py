"""May people be asked to work on a project? Pure: figures in, every reason against it out, with where to mend it.

What pay needs (payer, rate, floor, reservation) is judged by `wages.rates.publishing`; its reasons are text
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.estimates import Estimate

STEPS = ("basics", "question", "texts", "people", "pay", "prompts", "pilot", "publish")


@dataclass(frozen=True)
class Reason:
    """Something that is missing. `step` is the page of the set-up on which it is mended."""

    step: str
    text: str


@dataclass(frozen=True)
class Facts:
    """What the answer depends on."""

    prompts: int
    items: int
    ballots_wanted: int
    texts_missing: tuple[str, ...]
    pay_problems: tuple[str, ...]
    qualification_on: bool
    qualification_items: int
    gold_percent: int
    gold_items: int
    pilot_ballots: int
    pilot_counted: int
    estimate: Estimate | None
    warning_without_support: bool = False


def for_pilot(facts: Facts) -> list[Reason]:
    """Return what keeps the paid pilot from beginning: everything but its own result."""
    return [*_texts(facts), *_people(facts), *_pay(facts), *_prompts(facts)]


def for_publishing(facts: Facts) -> list[Reason]:
    """Return what keeps the project from being published."""
    return [*for_pilot(facts), *_pilot(facts)]


def _texts(facts: Facts) -> list[Reason]:
    return [Reason("texts", f"There are no {kind} yet: write them.") for kind in facts.texts_missing]


def _people(facts: Facts) -> list[Reason]:
    found = []
    if facts.warning_without_support:
        found.append(Reason("people", "The content carries a warning, but nobody is named to turn to."))
    if facts.qualification_on and facts.qualification_items == 0:
        found.append(
            Reason(
                "people",
                "A qualification is asked for, but no item has a known answer for it: add at least one.",
            )
        )
    if facts.gold_percent and facts.gold_items == 0:
        found.append(
            Reason(
                "people",
                f"{facts.gold_percent} % gold items are asked for, but no item has a known answer: "
                "add some, or set the share to 0.",
            )
        )
    return found


def _pay(facts: Facts) -> list[Reason]:
    return [Reason("pay", text) for text in facts.pay_problems]


def _prompts(facts: Facts) -> list[Reason]:
    if facts.prompts == 0:
        return [Reason("prompts", "There are no prompts yet: import some.")]
    if facts.items == 0:
        return [
            Reason(
                "prompts",
                f"There is nothing to rank: generate candidates for the {_count(facts.prompts, 'prompt')}.",
            )
        ]
    if facts.ballots_wanted <= 0:
        return [
            Reason(
                "prompts",
                "Everything that is there has been ranked: import more prompts or raise the target.",
            )
        ]
    return []


def _pilot(facts: Facts) -> list[Reason]:
    if facts.pilot_ballots == 0 or facts.estimate is not None:
        return []
    untimed = ", but none of them has a measured time" if facts.pilot_counted >= facts.pilot_ballots else ""
    return [
        Reason(
            "pilot",
            "Nobody knows yet how long a ranking takes: the paid pilot has "
            f"{facts.pilot_counted} of {_count(facts.pilot_ballots, 'ranking')}{untimed}.",
        )
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def step_of(reasons: Sequence[Reason], step: str) -> list[str]:
    """Return the texts of the reasons that are mended on one page."""
    return [reason.text for reason in reasons if reason.step == step]
