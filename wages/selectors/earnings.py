"""What a worker has earned: each interval with its rate and amount, today, this period, and what is payable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from byhand.accounts.models import User
from byhand.errors import NotFound
from byhand.money import format_money
from wages.models import Accrual, Interval
from wages.paying.cells import guarded
from wages.selectors.clock import ClockView, clock_view, day_start
from wages.selectors.unknown import open_gaps

PAGE = 50


@dataclass(frozen=True)
class Amount:
    """Time and money of one project, or of one currency where `title` is a period's."""

    title: str
    ms: int
    micro: int
    currency: str
    simulated: bool
    label: str = ""
    closed_at: datetime | None = None
    pieces_micro: int = 0


@dataclass(frozen=True)
class Earnings:
    """Everything on the earnings page. `older` is the id to continue from, or None at the end."""

    clock: ClockView
    today: list[Amount]
    open_periods: list[Amount]
    closed_periods: list[Amount]
    gaps: list[Interval]
    intervals: list[Interval]
    older: int | None


def intervals_of(worker: User) -> QuerySet[Interval]:
    """Return the worker's intervals, newest first, with what a row shows."""
    rows = Interval.objects.filter(worker=worker).select_related("project", "rate_card", "pay_period")
    return rows.order_by("-id")


def earnings(worker: User, *, before: int | None = None, at: datetime | None = None) -> Earnings:
    """Return one page of the worker's time and pay; `before` continues with older intervals."""
    now = at or timezone.now()
    rows = intervals_of(worker)
    told = rows.prefetch_related("answers")
    page = list((told.filter(id__lt=before) if before else told)[: PAGE + 1])
    periods = (
        Accrual.objects.filter(worker=worker)
        .select_related("period", "project")
        .order_by("-period__starts", "id")
    )
    return Earnings(
        clock=clock_view(worker, now),
        today=_today(worker, now),
        open_periods=_by_period(periods.filter(period__closed_at__isnull=True)),
        closed_periods=_by_period(periods.filter(period__closed_at__isnull=False)),
        gaps=list(open_gaps(rows)[:PAGE]),
        intervals=page[:PAGE],
        older=page[PAGE - 1].pk if len(page) > PAGE else None,
    )


def gap_ms(worker: User, interval_id: int) -> int:
    """Return the length of one of the worker's gaps, what the rule has paid of it included."""
    found = (
        Interval.objects.filter(pk=interval_id, worker=worker, category="unknown")
        .values_list("ms", flat=True)
        .first()
    )
    if found is None:
        raise NotFound("There is no such gap in your time.")
    return found


def _today(worker: User, now: datetime) -> list[Amount]:
    rows = (
        Interval.objects.filter(worker=worker, period__endswith__gt=day_start(now), rate_card__isnull=False)
        .values("project__title", "project__currency", "simulated")
        .annotate(total_ms=Sum("ms"), micro=Sum("earned_micro"))
        .order_by("project__title")
    )
    return [
        Amount(
            row["project__title"], row["total_ms"], row["micro"], row["project__currency"], row["simulated"]
        )
        for row in rows
    ]


def _by_period(accruals: QuerySet[Accrual]) -> list[Amount]:
    rows = (
        accruals.order_by()
        .values(
            "project__title", "project__currency", "project__simulated", "period__label", "period__closed_at"
        )
        .annotate(
            total_ms=Sum("total_ms"),
            micro=Sum("earned_micro"),
            pieces=Sum("pieces_micro"),
            begins=F("period__starts"),
        )
        .order_by("-begins", "project__title")[:60]
    )
    return [
        Amount(
            row["project__title"],
            row["total_ms"],
            row["micro"],
            row["project__currency"],
            row["project__simulated"],
            row["period__label"],
            row["period__closed_at"],
            row["pieces"],
        )
        for row in rows
    ]


CSV_HEADER = (
    "interval",
    "from_utc",
    "to_utc",
    "milliseconds",
    "category",
    "project",
    "work",
    "rate_card",
    "hourly",
    "earned",
    "currency",
    "earned_micro",
    "pay_period",
    "rule_version",
    "resolves",
    "resolved_by",
    "simulated",
)


def csv_rows(worker: User) -> Iterator[list[str]]:
    """Yield the header and every interval of the worker, oldest first, as text cells."""
    yield list(CSV_HEADER)
    for row in intervals_of(worker).order_by("id").iterator(chunk_size=2000):
        card, currency = row.rate_card, row.project.currency
        cells = [
            str(row.pk),
            row.period.lower.isoformat(),
            row.period.upper.isoformat(),
            str(row.ms),
            row.category,
            row.project.title,
            f"{row.work_kind}:{row.work_id}" if row.work_id else "",
            f"v{card.version}" if card else "",
            _plain(card.hourly_micro, currency) if card else "",
            _plain(row.earned_micro, currency),
            currency,
            str(row.earned_micro),
            row.pay_period.label,
            row.rule_version,
            str(row.resolves_id or ""),
            ("rule" if row.by_rule else "worker") if row.resolves_id else "",
            "yes" if row.simulated else "no",
        ]
        yield [guarded(cell) for cell in cells]


def _plain(micro: int, currency: str) -> str:
    return format_money(micro, currency, exact=True).removeprefix(f"{currency} ").replace(",", "")
