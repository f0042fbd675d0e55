"""The headline of a report, in its fixed order, each with denominator and method. Pure.

The order is part of the method: hours first, money second, and what is unpaid or unknown is never left out.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from wages.reports import disclosure, rounding
from wages.reports.cells import Cell, figure, known, not_applicable, unknown, withheld
from wages.reports.snapshot import COST, TOP_UP, Leaf
from wages.reports.subject import ReportSubject
from wages.reports.workload import Workload

NOT_RECORDED = "this version of the platform does not record it"
NO_WORK = "no work is recorded in the closed periods"
CARDS = "hours at one of several rate cards could be worked out"


def build(work: Workload, subject: ReportSubject) -> list[dict[str, Any]]:
    """Return the ten figures."""
    return [
        hours_worked(work),
        received(work),
        effective_hourly(work),
        share_of_funding(work),
        unpaid_and_unknown(work),
        _not_recorded("disputes", "Disputes, claims and removals", "Opened, upheld, median hours to answer"),
        _not_recorded("statements", "Pay statements confirmed", "Confirmed, disputed, silent"),
        sources(),
        energy(work, subject),
        worker_statements(),
    ]  # fmt: skip


def barred(work: Workload) -> str:
    """Say why no total at all can be shown; "" if some can."""
    if work.covered:
        return "" if work.ms() else NO_WORK
    return work.withheld[0][1] if work.withheld else NO_WORK


def cell(work: Workload, label: str, make: Callable[[], Cell], reason: str = "") -> Cell:
    """Return the cell, unless everything is barred or this one has a reason of its own."""
    why = barred(work) or reason
    return withheld(label, why) if why else make()


def money_barred(work: Workload) -> str:
    """With two rate cards, hours and money together tell the hours at each: each must then be safe by
    itself.
    """
    cards = {leaf.rate_card for leaf in work.leaves() if not leaf.beside_time}
    if len(cards) < 2:
        return ""
    return next((CARDS for card in cards if work.refusal(lambda leaf, card=card: leaf.rate_card == card)), "")  # type: ignore[misc]


def scope(work: Workload) -> str:
    total, shown = len(work.snapshot.slices), len(work.covered)
    periods = "the one closed period" if total == 1 else f"{shown} of the {total} closed periods"
    return f"{periods} of the projects behind this model"


def hours_worked(work: Workload) -> dict[str, Any]:
    hours = cell(work, "Hours worked", lambda: known("Hours worked", rounding.hours(work.ms()), "h"))
    return figure(
        "hours_worked",
        "Hours worked",
        [hours],
        denominator=scope(work),
        how="All time on the clock, paid breaks included: reading, training, waiting and skipped work count like any "
        "other. Time marked unknown and unpaid breaks are not in it. Rounded to three significant figures.",
    )


def received(work: Workload) -> dict[str, Any]:
    currency = work.snapshot.currency
    none_yet = "no payout has been recorded yet"

    def settled(label: str, micro: int | None) -> Cell:
        if micro is None:
            return unknown(label, "payouts were made; they are not published by period yet")
        note = none_yet if micro == 0 else ""
        return cell(work, label, lambda: known(label, rounding.money_total(micro, currency), currency, note))

    def earned() -> Cell:
        return known("Earned", rounding.money_total(work.earned_micro(), currency), currency)

    return figure(
        "received",
        "Received by workers",
        [
            settled("Received", work.snapshot.received_micro),
            settled("Sent", work.snapshot.sent_micro),
            cell(work, "Earned", earned, money_barred(work)),
            *beside_time(work),
            unknown("Days from period end to receipt (p50, p95), overdue", none_yet),
        ],
        denominator=scope(work),
        how="Earned: what the time is worth at its rate cards, with premiums, bonuses, top-ups and refunded costs, "
        "posted in the ledger. Sent: put into a payout. "
        "Received: settled to the worker or confirmed by the worker. Only received money has been paid.",
    )


def is_pay(leaf: Leaf) -> bool:
    """Refunded costs are no pay."""
    return leaf.category != COST


def is_for_time(leaf: Leaf) -> bool:
    """What a floor is held against: pay for time, and what was added to reach the floor."""
    return not leaf.beside_time or leaf.category == TOP_UP


def beside_time(work: Workload) -> list[Cell]:
    """Return what of the earned money is not time at its rate, where there is any."""
    currency = work.snapshot.currency

    def part(label: str, wanted: Callable[[Leaf], bool]) -> list[Cell]:
        if not any(wanted(leaf) for leaf in work.leaves()):
            return []
        reason = money_barred(work) or work.money_refusal(wanted)
        micro = work.earned_micro(wanted)
        shown = known(label, rounding.money_total(micro, currency), currency)
        return [cell(work, label, lambda: shown, f"some; {reason}" if reason else "")]

    return [
        *part("Of it: top-ups to the floor", lambda leaf: leaf.category == TOP_UP),
        *part(
            "Of it: pieces, premiums, bonuses, costs and corrections",
            lambda leaf: leaf.beside_time and leaf.category != TOP_UP,
        ),
    ]


def effective_hourly(work: Workload) -> dict[str, Any]:
    currency, reason = work.snapshot.currency, money_barred(work)
    unit = f"{currency}/h"

    def hourly() -> Cell:
        return known("Hour-weighted", rounding.hourly(work.earned_micro(is_pay), work.ms(), currency), unit)

    return figure(
        "effective_hourly",
        "Effective hourly pay, as earned",
        [cell(work, "Hour-weighted", hourly, reason), quantiles(work, unit, reason), *floors(work, reason)],
        denominator="all hours worked, as above",
        how="Money earned divided by all hours worked, rounded down to the smallest coin. Worker costs (fees, data, "
        "exchange) are not recorded yet, so this is before costs; what was received is the figure above.",
    )


def quantiles(work: Workload, unit: str, reason: str) -> Cell:
    label = "Worker-weighted p10, p50, p90"
    if not reason and work.smallest_crew() < disclosure.QUANTILE_CREW:
        reason = "fewer than 10 people contributed"

    def make() -> Cell:
        rates = [earned * rounding.MS_PER_HOUR // ms for ms, earned in work.worker_weeks(is_pay)]
        shown = [_to_a_twentieth(disclosure.quantile(rates, percent)) for percent in (10, 50, 90)]
        return known(label, ", ".join(shown), unit)

    return cell(work, label, make, reason)


def _to_a_twentieth(micro: int) -> str:
    steps = int(Fraction(micro * 20, rounding.MICRO) + Fraction(1, 2))
    return rounding.decimal_text(Fraction(steps, 20), 2)


def floors(work: Workload, reason: str) -> list[Cell]:
    """The declared floor, and whether anybody's week fell below it (some or none, never how many)."""
    snapshot = work.snapshot
    declared = sorted({project.floor_micro for project in snapshot.projects})
    shown = [rounding.money_exact(micro, snapshot.currency) for micro in declared]
    label = "Worker-weeks below the declared floor"

    def below() -> Cell:
        lowest = any(
            earned * rounding.MS_PER_HOUR < declared[-1] * ms for ms, earned in work.worker_weeks(is_for_time)
        )
        return known(label, "some" if lowest else "none")

    return [
        known("Floor declared by the funder", ", ".join(shown), f"{snapshot.currency}/h"),
        cell(work, label, below, reason),
        unknown("Statutory minimum at the workers' locations", NOT_RECORDED),
    ]


def share_of_funding(work: Workload) -> dict[str, Any]:
    label = "Share"
    payers = {payer.legal_entity for project in work.snapshot.projects for payer in project.payers}
    owners = {project.organisation for project in work.snapshot.projects}
    if payers and payers == owners:
        share = not_applicable(label, "paid directly; share not applicable")
    else:
        share = unknown(label, "the chain of legal entities and contract amounts is not recorded")
    return figure(
        "share",
        "Share of the funding that reached workers",
        [share, unknown("Compute and staff cost", NOT_RECORDED)],
        denominator="what left the project's funding",
        how="Shown only with every legal entity between funder and worker and its contract amount.",
    )


def unpaid_and_unknown(work: Workload) -> dict[str, Any]:
    rates = {card.id: card.hourly_micro for project in work.snapshot.projects for card in project.rate_cards}

    def unpaid(leaf: Leaf) -> bool:
        return leaf.on_the_clock and (leaf.rate_card is None or rates.get(leaf.rate_card) == 0)

    def hours(label: str, wanted: Callable[[Leaf], bool]) -> Cell:
        total = sum(leaf.ms for leaf in work.leaves(wanted))
        reason = work.refusal(wanted)
        # the rest of the hours must be safe too, or the difference would tell it
        if total and not reason and label == "Unpaid hours worked":
            reason = work.refusal(lambda leaf: leaf.on_the_clock and not unpaid(leaf))
        return cell(
            work, label, lambda: known(label, rounding.hours(total), "h"), f"some; {reason}" if reason else ""
        )

    return figure(
        "unpaid",
        "Unpaid and unknown time",
        [
            hours("Unpaid hours worked", unpaid),
            hours("Unknown hours", lambda leaf: leaf.category == "unknown"),
            unknown("Time between release and recall", NOT_RECORDED),
        ],
        denominator="all recorded time",
        how="Unpaid: time on the clock with no rate, or a rate of zero. Unknown: gaps that the worker has not answered "
        "yet; not paid so far, never lost, and not in the hours worked. Shown even when it is 0.",
    )


def sources() -> dict[str, Any]:
    return figure(
        "sources",
        "Prompts and demonstrations by consent",
        [unknown("Share by consent and licence", NOT_RECORDED)],
        denominator="prompts and demonstrations in the data sets",
        how="Counted from the register of sources, once there is one.",
    )


def energy(work: Workload, subject: ReportSubject) -> dict[str, Any]:
    rankings = subject.counts.get("rankings", 0) if work.whole else 0
    kwh = subject.energy.kwh
    power = (
        known("Energy", kwh, "kWh", subject.energy.scope) if kwh else unknown("Energy", subject.energy.method)
    )
    hours_label, kwh_label = "Hours per 1,000 rankings", "Energy per 1,000 rankings"

    def per_thousand() -> Cell:
        if not rankings:
            return unknown(hours_label, "no rankings are counted")
        value = Fraction(work.ms() * 1000, rounding.MS_PER_HOUR * rankings)
        return known(hours_label, rounding.significant(value), "h")

    rate = cell(work, hours_label, per_thousand, work.withheld[0][1] if work.withheld else "")
    if not kwh:
        power_rate = unknown(kwh_label, subject.energy.method)
    elif rankings:
        power_rate = known(kwh_label, rounding.significant(Fraction(kwh) * 1000 / rankings), "kWh")
    else:
        power_rate = withheld(kwh_label, "the number of rankings is withheld")
    return figure(
        "energy",
        "Energy, and work per 1,000 rankings",
        [power, rate, power_rate],
        denominator="rankings in the data sets of this model",
        how=f"Energy: {subject.energy.method}. Hours worked, of every kind, divided by rankings.",
    )


def worker_statements() -> dict[str, Any]:
    return figure(
        "worker_statements",
        "Statements by workers",
        [
            unknown(
                "Worker statements", "this version of the platform can't receive one yet, so none is shown"
            )
        ],
        denominator="statements submitted",
        how="Every statement submitted, in random order, named or not as its author chose.",
    )


def _not_recorded(name: str, label: str, cells: str) -> dict[str, Any]:
    return figure(
        name,
        label,
        [unknown(cells, NOT_RECORDED)],
        denominator="what workers raised or were sent",
        how="Not computed: there is nothing to compute it from yet. Unknown is not zero.",
    )
