"""One batch of workers of a closing period, in one transaction: settled, topped up, stated, payable, frozen.

Each step is keyed and runs once: the batch commits together with the last worker's id in `PeriodClose`, so a process
that dies anywhere is followed by one that begins with the next worker. Knows nothing of how many batches there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from wages.closing.batches import Batch, Extra, Records, extras, next_batch, records, unknown_ms
from wages.closing.statement_body import body, digest
from wages.closing.statement_facts import facts_of, issue_of
from wages.errors import LedgerMismatch
from wages.models import AccountKind, EntryKind, PaidProject, Period, PeriodClose, Statement
from wages.services.closing_extras import pay_premiums, pay_top_ups
from wages.services.ledger_batches import Line, accounts_of, post_lines
from wages.services.slices import draft_leaves
from wages.services.unknown import settle_unanswered

WORKERS_AT_ONCE = 500


def close_batch(close: PeriodClose, project: PaidProject, period: Period, at: datetime) -> Batch | None:
    """Take the next workers through every step; None when there are none left. The caller holds the close's row."""
    batch = next_batch(period.pk, after=close.through_worker, limit=WORKERS_AT_ONCE)
    if batch is None:
        return None
    settle_unanswered(period=period, worker_ids=batch.workers, p75_ms=close.p75_ms, at=at)
    kept = _records(batch, period)
    unknown = unknown_ms(batch)
    pay_premiums(batch, project, period, at)
    floors = pay_top_ups(batch, project, period, kept, unknown, at)
    others = extras(batch)
    due = {
        worker: kept[worker].posted_micro + sum(extra.amount_micro for extra in others[worker])
        for worker in batch.workers
    }
    entries = _make_payable(batch, project, period, due, at)
    _freeze(batch, project, period, sum(due.values()))
    issue = issue_of(project, period, close, at)
    facts = facts_of(batch, project, period, kept, others, entries, floors, unknown)
    Statement.objects.bulk_create(
        _statement(project, period, worker, due[worker], body(issue, facts[worker]), at)
        for worker in batch.workers
    )
    _go_on(close, batch, kept, others, due)
    return batch


def _records(batch: Batch, period: Period) -> Mapping[int, Records]:
    """Return what the batch accrued; refuse where running totals, intervals and postings are not one thing."""
    found = records(batch)
    for worker, record in found.items():
        if not record.agree:
            raise LedgerMismatch(
                f"Period {period.label}: accruals, intervals and postings of worker {worker} differ. The close has "
                "stopped before them; run verify_ledger."
            )
    return found


def _make_payable(
    batch: Batch, project: PaidProject, period: Period, due: Mapping[int, int], at: datetime
) -> dict[int, int]:
    """Move what each worker earned in the period to payable; return the entries by worker."""
    accounts = accounts_of(project.pk, batch.workers, [AccountKind.WORKER_EARNED, AccountKind.WORKER_PAYABLE])
    keys = {f"close:{period.pk}:{worker}": worker for worker in batch.workers}
    lines = [
        Line(
            key,
            accounts[worker, AccountKind.WORKER_EARNED],
            accounts[worker, AccountKind.WORKER_PAYABLE],
            due[worker],
        )
        for key, worker in keys.items()
    ]
    made = post_lines(project=project, kind=EntryKind.PERIOD, lines=lines, pay_period=period, at=at)
    return {keys[key]: entry for key, entry in made.items()}


def _freeze(batch: Batch, project: PaidProject, period: Period, due_micro: int) -> None:
    drafted = draft_leaves(project, batch)
    if drafted != due_micro:
        raise LedgerMismatch(
            f"Period {period.label}: the slice of workers {batch.workers[0]} to {batch.workers[-1]} says {drafted} "
            f"micro-units, their postings {due_micro}. The close has stopped before them; run verify_ledger."
        )


def _statement(
    project: PaidProject, period: Period, worker: int, payable_micro: int, text: str, at: datetime
) -> Statement:
    return Statement(
        period=period,
        project=project,
        worker_id=worker,
        simulated=project.simulated,
        payable_micro=payable_micro,
        body=text,
        sha256=digest(text),
        issued_at=at,
    )


def _go_on(
    close: PeriodClose,
    batch: Batch,
    kept: Mapping[int, Records],
    others: Mapping[int, Sequence[Extra]],
    due: Mapping[int, int],
) -> None:
    added = [extra for worker in batch.workers for extra in others[worker]]
    top_ups = [extra.amount_micro for extra in added if extra.kind == EntryKind.TOP_UP]
    rest = sum(extra.amount_micro for extra in added) - sum(top_ups)
    accrued = sum(record.spent_micro for record in kept.values())
    values: dict[str, Any] = {
        "through_worker": batch.workers[-1],
        "workers": F("workers") + len(batch.workers),
        "due_micro": F("due_micro") + sum(due.values()),
        "spent_micro": F("spent_micro") + accrued + rest + sum(top_ups),
        "top_up_micro": F("top_up_micro") + sum(top_ups),
        "extras_micro": F("extras_micro") + rest,
        "topped_up": F("topped_up") + len(top_ups),
    }
    PeriodClose.objects.filter(pk=close.pk).update(**values)
    close.refresh_from_db()
