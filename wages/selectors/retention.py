"""What a worker should know before they ask for erasure: unpaid money, and until when pay records stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Sum

from byhand.accounts.models import User
from wages.models import Period, Posting
from wages.retiring.kept import kept_until


@dataclass(frozen=True)
class Unpaid:
    """What one project has not sent to a worker yet."""

    title: str
    micro: int
    currency: str


def unpaid_of(worker: User) -> list[Unpaid]:
    """Return what the worker has earned or is owed and has not received, by project."""
    rows = (
        Posting.objects.filter(
            account__worker=worker, account__kind__in=["worker_earned", "worker_payable", "worker_sent"]
        )
        .values_list("account__project__title", "currency")
        .annotate(total=Sum("amount_micro"))
        .order_by("account__project__title")
    )
    return [Unpaid(title, total, currency) for title, currency, total in rows if total > 0]


def projects_until(worker: User) -> date | None:
    """Return the day up to which some pay record of the worker must stay; None where there is none."""
    periods = Period.objects.filter(intervals__worker=worker).select_related("project__organisation")
    newest: dict[UUID, Period] = {}
    for period in periods.order_by("ends").distinct():
        newest[period.project_id] = period
    return max((kept_until(period) for period in newest.values()), default=None)
