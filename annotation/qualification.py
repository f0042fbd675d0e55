"""The rule of a qualification: what an attempt found, and what a person does next. Pure.

Each item of an attempt has known facts (pairs, unacceptables); an attempt is passed where the share of facts met
reaches what the project requires. Whole numbers only. Knows neither the database nor pay: every minute of it is
paid like all other time, passed or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a person stands: nothing is asked, an item, what was expected of one, another try, or the end."""

    NOT_ASKED = "not_asked"
    ITEM = "item"
    FEEDBACK = "feedback"
    TRY_AGAIN = "try_again"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """`right` of `known` facts were met, where `required_percent` was asked for."""

    right: int
    known: int
    required_percent: int

    @property
    def passed(self) -> bool:
        return self.right * 100 >= self.known * self.required_percent

    @property
    def percent(self) -> int:
        """Return the share met, rounded down: 79.9 is not yet 80."""
        return self.right * 100 // self.known if self.known else 0


def outcome(answers: Sequence[tuple[int, int]], required_percent: int) -> Outcome:
    """Add up (right, known) of an attempt's items. Raises ValueError where nothing was asked."""
    known = sum(of for _right, of in answers)
    if known == 0:
        raise ValueError("An attempt without known facts decides nothing.")
    return Outcome(sum(right for right, _of in answers), known, required_percent)


def phase(
    *,
    required_percent: int | None,
    retries: int,
    results: Sequence[Outcome],
    answered: int,
    waiting_feedback: bool,
) -> Phase:
    """Say what comes next. `results` are the attempts that ended; `answered` counts items of the running one.

    A pass stays a pass, also where the project asks for more later: nobody is tested twice for the same work.
    """
    if any(result.passed for result in results):
        return Phase.PASSED
    if required_percent is None:
        return Phase.NOT_ASKED
    if waiting_feedback:
        return Phase.FEEDBACK
    if len(results) > retries:
        return Phase.FAILED
    return Phase.TRY_AGAIN if results and answered == 0 else Phase.ITEM


def tries_left(retries: int, results: Sequence[Outcome]) -> int:
    """Return how many attempts may still begin or go on."""
    return max(retries + 1 - len(results), 0)
