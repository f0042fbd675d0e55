"""What a closing period owes beside accrued work: premiums, the cards' bonus, top-ups to the floor, declared fees.

Each is an entry with a key of its own, so that it is posted once however often the close is tried. The rules are in
`wages.closing.premiums` and `wages.floors.week_test`; this module reads their inputs and posts their results.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from byhand.money import ceil_div
from wages.closing.batches import Batch, Records
from wages.closing.fees import fees_borne
from wages.closing.premiums import CardTerms, Premium, Worked, premiums, weekly_bonus
from wages.floors.week_test import FloorResult, Place, WeekFigures
from wages.floors.weeks import floor_tests, places_of, terms_of
from wages.models import AccountKind, EntryKind, PaidProject, Period, PeriodClose, RateCard
from wages.rules import week_start
from wages.services.charging import charge
from wages.services.ledger import project_account
from wages.services.ledger_batches import Due, charge_workers

_PAID = """
SELECT worker_id, lower(period), upper(period), rate_card_id FROM wages_interval
WHERE pay_period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s AND rate_card_id IS NOT NULL
"""
# intervals never cross the week's boundary; the index by worker and end finds those of the weeks in question
_BEFORE = """
SELECT worked.worker_id, date_trunc('week', lower(worked.period), 'UTC'), sum(ms)::bigint
FROM wages_interval worked JOIN wages_period earlier ON earlier.id = worked.pay_period_id
WHERE worked.worker_id = ANY(%(workers)s) AND upper(worked.period) > %(since)s AND worked.rate_card_id IS NOT NULL
  AND earlier.project_id = %(project)s AND earlier.starts < %(starts)s
GROUP BY 1, 2
"""


def pay_premiums(batch: Batch, project: PaidProject, period: Period, at: datetime) -> None:
    """Post the premiums and the bonus that the workers' rate cards grant for their paid time in the period."""
    cards = _cards_with_terms(project)
    if not any(_grants(terms) for terms in cards.values()):
        return
    worked = _worked(batch, period, cards)
    before = _before(batch, project, period, worked)
    found: list[Due] = []
    bonuses: defaultdict[int, list[Due]] = defaultdict(list)
    for worker, stretches in worked.items():
        found.extend(
            _premium_due(period, worker, premium)
            for premium in premiums(stretches, week_ms_before=before[worker])
            if premium.micro > 0
        )
        bonus = weekly_bonus([(each.card, each.ms) for each in stretches])
        if bonus is not None:
            key = f"bonus:{period.pk}:{worker}"
            bonuses[bonus.card_id].append(
                Due(worker, bonus.micro, key, f"{period.label}: bonus of the rate card")
            )
    charge_workers(project=project, kind=EntryKind.PREMIUM, dues=found, pay_period=period, at=at)
    # whoever set the card has promised its bonus; the entry names them
    for card in RateCard.objects.filter(pk__in=bonuses).select_related("created_by"):
        charge_workers(
            project=project,
            kind=EntryKind.BONUS,
            dues=bonuses[card.pk],
            pay_period=period,
            at=at,
            actor=card.created_by,
        )


def pay_top_ups(
    batch: Batch,
    project: PaidProject,
    period: Period,
    records: Mapping[int, Records],
    unknown_ms: Mapping[int, int],
    at: datetime,
) -> dict[int, FloorResult]:
    """Test each worker's week against their floor, post what lacks, and return the tests.

    Basic pay is what time earned: no piece beyond its time, no bonus, no premium. A reversal lowers neither.
    """
    fees = fees_borne(batch, period)
    figures = {
        worker: WeekFigures(
            paid_ms=record.accrued_ms,
            basic_micro=record.worked_micro,
            unknown_ms=unknown_ms.get(worker, 0),
            fees=fees.get(worker, ()),
        )
        for worker, record in records.items()
    }
    results = floor_tests(project=project, starts=period.starts, ends=period.ends, figures=figures)
    dues = [
        Due(worker, result.top_up_micro, f"top_up:{period.pk}:{worker}", f"{period.label}: up to the floor")
        for worker, result in results.items()
        if result.top_up_micro > 0
    ]
    charge_workers(project=project, kind=EntryKind.TOP_UP, dues=dues, pay_period=period, at=at)
    return results


def charge_fees(close: PeriodClose, project: PaidProject, period: Period) -> None:
    """Charge employer contributions and the platform's fee on what the period earned, as the terms declare them."""
    terms = terms_of(project, period.ends)
    if terms is None or close.due_micro <= 0:
        return
    for kind, account, permille in (
        (EntryKind.CONTRIBUTION, AccountKind.EMPLOYER_CONTRIBUTIONS, terms.contributions_permille),
        (EntryKind.PLATFORM_FEE, AccountKind.PLATFORM_FEE, terms.platform_fee_permille),
    ):
        if permille:
            charge(
                project=project,
                kind=kind,
                amount_micro=ceil_div(close.due_micro * permille, 1000),
                credit=project_account(project.pk, account),
                key=f"{kind.value}:{period.pk}",
                reason=f"{period.label}: {permille} per thousand of pay, terms version {terms.version}",
            )


def _premium_due(period: Period, worker: int, premium: Premium) -> Due:
    assumed = ", by UTC: no place was declared" if premium.zone_assumed else ""
    reason = (
        f"{period.label}: {premium.kind.value}, {premium.permille} per thousand, {premium.ms} ms{assumed}"
    )
    return Due(
        worker, premium.micro, f"premium:{period.pk}:{worker}:{premium.card_id}:{premium.kind.value}", reason
    )


def _cards_with_terms(project: PaidProject) -> dict[int, CardTerms]:
    return {
        card.pk: CardTerms(
            id=card.pk,
            hourly_micro=card.hourly_micro,
            night_permille=card.night_permille,
            weekend_permille=card.weekend_permille,
            overtime_permille=card.overtime_permille,
            overtime_after_ms=card.overtime_after_ms,
            bonus_micro=card.bonus_micro,
            bonus_after_ms=card.bonus_after_ms,
        )
        for card in RateCard.objects.filter(project=project)
    }


def _grants(terms: CardTerms) -> bool:
    permille = (terms.night_permille, terms.weekend_permille, terms.overtime_permille)
    return terms.bonus_micro > 0 or any(permille)


def _worked(batch: Batch, period: Period, cards: Mapping[int, CardTerms]) -> dict[int, list[Worked]]:
    found: defaultdict[int, list[Worked]] = defaultdict(list)
    rows = _rows(_PAID, batch.values)
    earliest = min((row[1] for row in rows), default=period.starts)
    places = places_of(batch.workers, min(earliest, period.starts), period.ends)
    for worker, start, end, card in rows:
        found[worker].append(Worked(start, end, cards[card], _zone(places.get(worker, ()), start)))
    return dict(found)


def _zone(places: tuple[Place, ...], moment: datetime) -> str | None:
    """Return the zone declared at the moment; the first place ever declared holds for the time before it too."""
    held = [place for place in places if place.since <= moment] or list(places[:1])
    return held[-1].zone if held else None


def _before(
    batch: Batch, project: PaidProject, period: Period, worked: Mapping[int, list[Worked]]
) -> defaultdict[int, dict[datetime, int]]:
    """Return, by worker, the paid time of these workweeks that earlier periods have counted."""
    found: defaultdict[int, dict[datetime, int]] = defaultdict(dict)
    starts = [each.start for stretches in worked.values() for each in stretches]
    if not starts:
        return found
    values = {
        "workers": list(batch.workers),
        "since": week_start(min(starts).astimezone(UTC)),
        "project": project.pk,
        "starts": period.starts,
    }
    for worker, week, ms in _rows(_BEFORE, values):
        found[worker][week.astimezone(UTC)] = ms
    return found


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
