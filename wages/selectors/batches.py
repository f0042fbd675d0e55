"""One payout batch for its stewards' page: its figures, counted in SQL, and its lines a page at a time. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from byhand.accounts.models import User
from wages.models import PayoutBatch, PayoutLine
from wages.paying.payables import Due
from wages.selectors.payments import HAS_ARRIVED, Payment, payments_for

AT_ONCE = 100
Row = TypeVar("Row")
Named = tuple[User | None, Due]

FILTERS: dict[str, tuple[str, Q]] = {
    "all": ("All", Q()),
    "open": ("Without outcome", Q(settlement__isnull=True) & ~Q(HAS_ARRIVED)),
    "failed": ("Failed", Q(settlement__status="failed")),
}
"""What a page of lines may be narrowed to: name -> (text, condition)."""


@dataclass(frozen=True)
class Paged(Generic[Row]):
    """One page of many rows. `number` counts from 1."""

    rows: list[Row]
    number: int
    pages: int
    total: int

    @property
    def previous(self) -> int:
        """The page before, or 0."""
        return self.number - 1

    @property
    def next(self) -> int:
        """The page after, or 0."""
        return self.number + 1 if self.number < self.pages else 0


@dataclass(frozen=True)
class BatchFigures:
    """Sums in micro-units; `counts` is how many lines each of FILTERS leaves."""

    payable_micro: int
    rounding_micro: int
    amount_micro: int
    counts: dict[str, int]


def batch_figures(batch: PayoutBatch) -> BatchFigures:
    """Return the sums of a batch and the counts of its lines. One query."""
    sums = {
        f"sum_{name}": Coalesce(Sum(name), 0) for name in ("payable_micro", "rounding_micro", "amount_micro")
    }
    counts = {f"n_{name}": Count("pk", filter=chosen) for name, (_text, chosen) in FILTERS.items() if chosen}
    found = batch.lines.aggregate(n_all=Count("pk"), **counts, **sums)
    return BatchFigures(
        payable_micro=found["sum_payable_micro"],
        rounding_micro=found["sum_rounding_micro"],
        amount_micro=found["sum_amount_micro"],
        counts={name: found[f"n_{name}"] for name in FILTERS},
    )


def batch_lines(batch: PayoutBatch, figures: BatchFigures, *, show: str, page: int) -> Paged[Payment]:
    """Return a page of the lines that `show` leaves, by worker, with what became of each."""
    rows = batch.lines.filter(FILTERS[show][1]).select_related("worker", "account__identity", "settlement")
    number, pages, start = _place(page, figures.counts[show])
    found: QuerySet[PayoutLine] = rows.order_by("worker")[start : start + AT_ONCE]
    return Paged(payments_for(found), number, pages, figures.counts[show])


def batch_left_out(batch: PayoutBatch, *, page: int) -> Paged[Named]:
    """Return a page of those who are not in the batch, with the reason."""
    number, pages, start = _place(page, len(batch.left_out))
    rows = batch.left_out[start : start + AT_ONCE]
    found = named([Due(worker, int(micro), None, reason) for worker, reason, micro in rows])
    return Paged(found, number, pages, len(batch.left_out))


def named(waiting: list[Due]) -> list[Named]:
    """Return the people beside what is payable to them."""
    people = User.objects.in_bulk([entry.worker_id for entry in waiting])
    return [(people.get(entry.worker_id), entry) for entry in waiting]


def _place(page: int, total: int) -> tuple[int, int, int]:
    """Return (number, pages, first row) of the page that is asked for, or of the nearest that there is."""
    pages = max(1, -(-total // AT_ONCE))
    number = min(max(page, 1), pages)
    return number, pages, (number - 1) * AT_ONCE
