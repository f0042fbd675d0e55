"""May a project be published? Pure: the figures in, every reason against it out."""

from __future__ import annotations

from dataclasses import dataclass

from byhand.money import MS_PER_HOUR, ceil_div, format_money
from wages.floors.countries import place_name
from wages.floors.rows import DayFloor, Gap

NOTHING_TO_DO = "There is nothing to work on: import prompts first."


@dataclass(frozen=True)
class CardFigures:
    """What one rate card can cost: the hourly rate, its highest premium, and the price of a piece, if any."""

    label: str
    hourly_micro: int
    premium_permille: int = 0
    piece_micro: int | None = None

    @property
    def highest_hourly_micro(self) -> int:
        """Return the hourly rate with every premium that can fall on the same hour."""
        return self.hourly_micro + ceil_div(self.hourly_micro * self.premium_permille, 1000)


@dataclass(frozen=True)
class Readiness:
    """What the answer depends on. `cards` are those in force or to come, `floors` today's of each country listed.

    `pools_lacking` says what each pool lacks; no pool at all is a reason of its own. `volunteers`: every pool is
    one of volunteers, who work for nothing beside no one who is paid, so no floor is held against the rate.
    """

    currency: str
    floor_micro: int
    cards: tuple[CardFigures, ...]
    rate_in_force: bool
    payer_named: bool
    left_micro: int
    ballots_wanted: int
    lease_ms: int
    pools_lacking: tuple[str, ...] = ()
    floors: tuple[DayFloor, ...] = ()
    volunteers: bool = False
    overhead_micro: int = 0
    fees_permille: int = 0


def worst_case_micro(
    *,
    ballots: int,
    lease_ms: int,
    hourly_micro: int,
    piece_micro: int = 0,
    overhead_micro: int = 0,
    fees_permille: int = 0,
) -> int:
    """Return what the work can cost at most, rounded up once.

    (ballots x 1.1 x the dearer of lease limit x hourly rate and the price of a piece + overhead) with fees on top.
    """
    dearest = max(lease_ms * hourly_micro, piece_micro * MS_PER_HOUR)
    work = ballots * 11 * dearest + overhead_micro * 10 * MS_PER_HOUR
    return ceil_div(work * (1000 + fees_permille), 10 * MS_PER_HOUR * 1000)


def problems(facts: Readiness) -> list[str]:
    """Return every reason why the project may not be published, each with its figures and what to do."""
    found = []
    if not facts.payer_named:
        found.append(
            "The payer is not named. A steward names the legal entity, its country and the relation."
        )
    found.extend(facts.pools_lacking)
    if not facts.rate_in_force:
        found.append("No rate card is in force. Set an hourly rate that begins now.")
    if not facts.volunteers:
        found.extend(_floors(facts))
    if facts.ballots_wanted <= 0 or facts.lease_ms <= 0:
        found.append(NOTHING_TO_DO)
    elif facts.cards:
        found.extend(_reservation(facts))
    return found


def _floors(facts: Readiness) -> list[str]:
    found = [
        f"Rate card {card.label} pays {_money(card.hourly_micro, facts)} an hour, below the declared floor of "
        f"{_money(facts.floor_micro, facts)}."
        for card in facts.cards
        if card.hourly_micro < facts.floor_micro
    ]
    if not facts.floors:
        found.append("No country is listed. A steward lists where the project is offered, in its terms.")
    found.extend(_no_floor(floor, facts.currency) for floor in facts.floors if not floor.known)
    known = [floor for floor in facts.floors if floor.known]
    highest = max(known, key=lambda floor: floor.hourly_micro or 0, default=None)
    if highest is not None and highest.row is not None:
        found.extend(
            f"Rate card {card.label} pays {_money(card.hourly_micro, facts)} an hour, below the floor of "
            f"{place_name(highest.place)}, {_money(highest.hourly_micro or 0, facts)}{_carried(highest)} "
            f"({highest.row.source_title}, {highest.row.source_url})."
            for card in facts.cards
            if card.hourly_micro < (highest.hourly_micro or 0)
        )
    return found


def _carried(floor: DayFloor) -> str:
    if not floor.fx or floor.row is None:
        return ""
    rates = ", ".join(f"1 {rate.base} = {rate.text} {rate.quote} on {rate.day}" for rate in floor.fx)
    own = format_money(floor.row.amount_micro or 0, floor.row.currency)
    return f" ({own}; {rates})"


def _no_floor(floor: DayFloor, currency: str) -> str:
    name = place_name(floor.place)
    if floor.gap is Gap.NO_FX and floor.row is not None:
        return (
            f"{name}: its floor is in {floor.row.currency}, and fx.csv has no rate to {currency} "
            "of the last 31 days."
        )
    if floor.gap is Gap.NO_HOURLY_ROW:
        return (
            f"{name}: floors.csv states no gross amount an hour for {floor.day}, so the hourly test can't use "
            "it. Add the legal hourly amount with its source."
        )
    if floor.gap is Gap.NO_SUBDIVISION_ROW:
        return (
            f"{name}: its parts set minimum wages of their own. List the parts, such as US-CA, each with a row "
            "of its own in floors.csv."
        )
    return f"{name}: floors.csv has no row for {floor.day}. Add one with its source."


def _reservation(facts: Readiness) -> list[str]:
    dearest = max(facts.cards, key=lambda card: _needed(facts, card))
    needed = _needed(facts, dearest)
    if facts.left_micro >= needed:
        return []
    ballots = "ballot" if facts.ballots_wanted == 1 else "ballots"
    hourly = dearest.highest_hourly_micro
    each = f"{facts.lease_ms // 60_000} min x {_money(hourly, facts)} an hour"
    if (dearest.piece_micro or 0) * MS_PER_HOUR > facts.lease_ms * hourly:
        each = f"{_money(dearest.piece_micro or 0, facts)} a piece"
    more = f" + {_money(facts.overhead_micro, facts)} overhead" if facts.overhead_micro else ""
    fees = f", with fees of {facts.fees_permille / 10:g} %" if facts.fees_permille else ""
    return [
        f"The reservation holds {_money(facts.left_micro, facts)}; the worst case is {_money(needed, facts)} "
        f"({facts.ballots_wanted} {ballots} x 1.1 x {each}{more}{fees}). "
        f"Deposit {_money(needed - facts.left_micro, facts)} more."
    ]


def _needed(facts: Readiness, card: CardFigures) -> int:
    return worst_case_micro(
        ballots=facts.ballots_wanted,
        lease_ms=facts.lease_ms,
        hourly_micro=card.highest_hourly_micro,
        piece_micro=card.piece_micro or 0,
        overhead_micro=facts.overhead_micro,
        fees_permille=facts.fees_permille,
    )


def _money(micro: int, facts: Readiness) -> str:
    return format_money(micro, facts.currency, exact=True)
