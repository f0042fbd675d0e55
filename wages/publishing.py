"""May a project be published? Pure: the figures in, every reason against it out."""

from __future__ import annotations

from dataclasses import dataclass

from byhand.money import MS_PER_HOUR, ceil_div, format_money

NOTHING_TO_DO = "There is nothing to work on: import prompts first."


@dataclass(frozen=True)
class Readiness:
    """What the answer depends on. `rates` are (version, hourly micro-units) of the cards in force or to come."""

    currency: str
    floor_micro: int
    rates: tuple[tuple[str, int], ...]
    rate_in_force: bool
    payer_named: bool
    left_micro: int
    ballots_wanted: int
    lease_ms: int


def worst_case_micro(*, ballots: int, lease_ms: int, hourly_micro: int) -> int:
    """Return ballots x 1.1 x lease limit x hourly rate, rounded up once: what the work can cost at most."""
    return ceil_div(ballots * 11 * lease_ms * hourly_micro, 10 * MS_PER_HOUR)


def problems(facts: Readiness) -> list[str]:
    """Return every reason why the project may not be published, each with its figures and what to do."""
    found = []
    if not facts.payer_named:
        found.append(
            "The payer is not named. A steward names the legal entity, its country and the relation."
        )
    if not facts.rate_in_force:
        found.append("No rate card is in force. Set an hourly rate that begins now.")
    for version, hourly in facts.rates:
        if hourly < facts.floor_micro:
            found.append(
                f"Rate card {version} pays {_money(hourly, facts)} an hour, below the declared floor of "
                f"{_money(facts.floor_micro, facts)}."
            )
    if facts.ballots_wanted <= 0 or facts.lease_ms <= 0:
        found.append(NOTHING_TO_DO)
    elif facts.rates:
        found.extend(_reservation(facts))
    return found


def _reservation(facts: Readiness) -> list[str]:
    highest = max(hourly for _version, hourly in facts.rates)
    needed = worst_case_micro(ballots=facts.ballots_wanted, lease_ms=facts.lease_ms, hourly_micro=highest)
    if facts.left_micro >= needed:
        return []
    ballots = "ballot" if facts.ballots_wanted == 1 else "ballots"
    return [
        f"The reservation holds {_money(facts.left_micro, facts)}; the worst case is {_money(needed, facts)} "
        f"({facts.ballots_wanted} {ballots} x 1.1 x {facts.lease_ms // 60_000} min x "
        f"{_money(highest, facts)} an hour). "
        f"Deposit {_money(needed - facts.left_micro, facts)} more."
    ]


def _money(micro: int, facts: Readiness) -> str:
    return format_money(micro, facts.currency, exact=True)
