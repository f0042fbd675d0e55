"""Gathers what the statements of a batch of workers say. Reads only; runs after the batch's entries are posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from byhand.accounts.models import User
from wages.closing.batches import Batch, Extra, Records
from wages.closing.statement_body import CostLine, Facts, Issue, Late, Listed, Terms
from wages.floors.week_test import FloorResult, in_figures
from wages.models import PaidProject, Period, PeriodClose, PoolVersion, RateCard
from wages.rates.pools import payers_of

# a gap that was no work is an answer without a card: it is listed, and it is nobody's working time
_TIME = """
SELECT worker_id, CASE WHEN rate_card_id IS NOT NULL THEN category WHEN resolves_id IS NULL THEN 'unpaid ' || category
                       ELSE '' END AS sort,
       sum(ms)::bigint, count(*), min(id), max(id)
FROM wages_interval worked WHERE pay_period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2
"""
_LATE = """
SELECT worker_id, (lower(period) AT TIME ZONE 'UTC')::date, sum(ms)::bigint, sum(earned_micro)::bigint
FROM wages_interval WHERE pay_period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s
  AND lower(period) < %(starts)s AND rate_card_id IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""
_PRICED = """
SELECT worker_id, rate_card_id, total_ms, earned_micro FROM wages_accrual
WHERE period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s ORDER BY worker_id, rate_card_id
"""
# what is earned and not yet payable: all of it belongs to periods that are open
_EARNED = """
SELECT worker_id, sum(micro)::bigint FROM (
    SELECT accrual.worker_id, accrual.earned_micro AS micro FROM wages_accrual accrual
    JOIN wages_period period ON period.id = accrual.period_id AND period.closed_at IS NULL
    WHERE accrual.project_id = %(project)s AND period.id <> %(period)s
      AND accrual.worker_id BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT account.worker_id, posting.amount_micro FROM wages_period period
    JOIN wages_entry entry ON entry.pay_period_id = period.id AND entry.kind NOT IN ('work', 'piece', 'period')
    JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
        AND account.worker_id BETWEEN %(first)s AND %(last)s
    WHERE period.project_id = %(project)s AND period.closed_at IS NULL AND period.id <> %(period)s
) part GROUP BY worker_id
"""
_PAYABLE = """
SELECT account.worker_id, sum(posting.amount_micro)::bigint FROM wages_ledgeraccount account
JOIN wages_posting posting ON posting.account_id = account.id
WHERE account.project_id = %(project)s AND account.kind = 'worker_payable'
  AND account.worker_id BETWEEN %(first)s AND %(last)s GROUP BY 1
"""
_PREVIOUS = """
SELECT DISTINCT ON (worker_id) worker_id, sha256 FROM wages_statement
WHERE project_id = %(project)s AND worker_id BETWEEN %(first)s AND %(last)s ORDER BY worker_id, id DESC
"""


def issue_of(project: PaidProject, period: Period, close: PeriodClose, at: datetime) -> Issue:
    """Return what all statements of the period share."""
    cards = RateCard.objects.filter(project=project)
    return Issue(
        project=str(project.pk),
        title=project.title,
        currency=project.currency,
        simulated=project.simulated,
        label=period.label,
        starts=period.starts,
        ends=period.ends,
        issued_at=at,
        cards={card.pk: _terms(card) for card in cards},
        log_size=close.log_size,
        log_root=close.log_root,
    )


def _payer(payer: PoolVersion) -> dict[str, str]:
    return {"legal_entity": payer.legal_entity, "country": payer.country, "relation": payer.relation}


def _terms(card: RateCard) -> Terms:
    return Terms(
        id=f"{card.project_id}/v{card.version}",
        basis=card.basis,
        hourly_micro=card.hourly_micro,
        piece_micro=card.piece_micro,
        night_permille=card.night_permille,
        weekend_permille=card.weekend_permille,
        overtime_permille=card.overtime_permille,
        overtime_after_ms=card.overtime_after_ms,
        bonus_micro=card.bonus_micro,
        bonus_after_ms=card.bonus_after_ms,
        valid_from=card.period.lower,
        valid_to=card.period.upper,
    )


@dataclass
class _Time:
    paid: dict[str, int] = field(default_factory=dict)
    break_ms: int = 0
    ids: list[Listed] = field(default_factory=list)


def facts_of(
    batch: Batch,
    project: PaidProject,
    period: Period,
    records: Mapping[int, Records],
    extras: Mapping[int, Sequence[Extra]],
    closing_entries: Mapping[int, int],
    floors: Mapping[int, FloorResult],
    unknown: Mapping[int, int],
) -> dict[int, Facts]:
    """Return each worker's facts. `closing_entries` are the entries that made their pay payable."""
    values = {**batch.values, "project": project.pk, "starts": period.starts}
    times, late, priced = _times(values), _late(values), _priced(values)
    earned, payable, previous = (dict(_rows(sql, values)) for sql in (_EARNED, _PAYABLE, _PREVIOUS))
    payers = payers_of(project.pk, batch.workers, period.ends)
    names = dict(User.objects.filter(pk__in=batch.workers).values_list("pk", "public_id"))
    return {
        worker: Facts(
            worker=str(names[worker]),
            paid=times[worker].paid,
            unknown_ms=unknown.get(worker, 0),
            break_ms=times[worker].break_ms,
            priced=priced[worker],
            earned=_by_kind(records[worker], extras[worker]),
            earned_balance_micro=earned.get(worker, 0),
            payable_balance_micro=payable.get(worker, 0),
            intervals=_together(times[worker].ids),
            entries=_entries(records[worker], extras[worker], closing_entries.get(worker)),
            costs=_costs(extras[worker]),
            late=tuple(late[worker]),
            floor=in_figures(floors[worker]),
            previous=previous.get(worker),
            payer=_payer(payers[worker]) if worker in payers else None,
        )
        for worker in batch.workers
    }


def _by_kind(record: Records, extras: Sequence[Extra]) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    sums["work"] = record.worked_micro
    if record.pieces_micro:
        sums["piece"] = record.pieces_micro
    for extra in extras:
        sums[extra.kind] += extra.amount_micro
    return dict(sums)


def _costs(extras: Sequence[Extra]) -> tuple[CostLine, ...]:
    return tuple(
        CostLine(extra.entry_id, extra.amount_micro, extra.reason) for extra in extras if extra.kind == "cost"
    )


def _entries(record: Records, extras: Sequence[Extra], closing: int | None) -> Listed:
    others = [extra.entry_id for extra in extras] + ([closing] if closing is not None else [])
    return _together(
        [Listed(record.entries, record.first_entry, record.last_entry), *(Listed(1, pk, pk) for pk in others)]
    )


def _together(parts: Iterable[Listed]) -> Listed:
    held = [part for part in parts if part.first is not None and part.last is not None]
    if not held:
        return Listed()
    return Listed(
        count=sum(part.count for part in held),
        first=min(part.first for part in held if part.first is not None),
        last=max(part.last for part in held if part.last is not None),
    )


def _times(values: dict[str, Any]) -> defaultdict[int, _Time]:
    found: defaultdict[int, _Time] = defaultdict(_Time)
    for worker, sort, ms, count, first, last in _rows(_TIME, values):
        time = found[worker]
        time.ids.append(Listed(count, first, last))
        if sort == "unpaid break":
            time.break_ms = ms
        elif sort and not sort.startswith("unpaid "):
            time.paid[sort] = ms
    return found


def _late(values: dict[str, Any]) -> defaultdict[int, list[Late]]:
    found: defaultdict[int, list[Late]] = defaultdict(list)
    for worker, *rest in _rows(_LATE, values):
        found[worker].append(Late(*rest))
    return found


def _priced(values: dict[str, Any]) -> defaultdict[int, dict[int, tuple[int, int]]]:
    found: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for worker, card, ms, earned in _rows(_PRICED, values):
        found[worker][card] = (ms, earned)
    return found


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
