"""Pay periods, the running totals that pay is derived from, and the frozen slice of a closed period."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from wages.models.projects import PaidProject, RateCard


class _Span(Func):
    """tstzrange(starts, ends) as an expression of the exclusion constraint."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class Period(models.Model):
    """One week of one project (shorter where a simulated project was cut early). Closed once, for ever."""

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="periods")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    label = models.CharField(max_length=16, help_text="ISO week, such as 2026-W47 or 2026-W47.2")
    closing_at = models.DateTimeField(
        null=True, blank=True, help_text="when the close began: from then on work goes to the next period"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    earned_micro = models.BigIntegerField(
        null=True, blank=True, help_text="sum of its accruals, frozen at the close"
    )
    spent_micro = models.BigIntegerField(
        null=True, blank=True, help_text="all that its entries took from the project, frozen at the close"
    )
    root = models.CharField(max_length=64, blank=True, help_text="RFC 6962 root over the leaves, in hex")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "label"], name="period_label"),
            models.UniqueConstraint(fields=["id", "project"], name="period_id_project"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="period_not_empty"),
            models.CheckConstraint(
                condition=Q(
                    closed_at__isnull=True, earned_micro__isnull=True, spent_micro__isnull=True, root=""
                )
                | (
                    Q(closed_at__isnull=False, closing_at__isnull=False)
                    & Q(earned_micro__isnull=False, spent_micro__isnull=False)
                    & ~Q(root="")
                ),
                name="period_closed_whole",
            ),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    ("project", RangeOperators.EQUAL),
                    (_Span("starts", "ends"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Accrual(models.Model):
    """The running total of (worker, period, rate card). The database holds `earned_micro` to the pay formula:

    ceil(total_ms x hourly_micro / 3,600,000) + pieces_micro, where the last is what pieces paid beyond their time.
    """

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accruals")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="accruals")
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="accruals")
    rate_card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="accruals")
    hourly_micro = models.BigIntegerField()
    total_ms = models.BigIntegerField()
    pieces_micro = models.BigIntegerField(default=0, db_default=0)
    earned_micro = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "period", "rate_card"], name="accrual_once"),
            models.CheckConstraint(
                condition=Q(total_ms__gte=0, pieces_micro__gte=0, earned_micro__gte=0),
                name="accrual_counts_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total_ms} ms"


class SliceLeaf(models.Model):
    """One leaf of a closed period: canonical JSON with a salt, in shuffled order. Append-only."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="leaves")
    position = models.PositiveIntegerField()
    body = models.TextField()
    salt = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "position"], name="sliceleaf_position")]

    def __str__(self) -> str:
        return f"leaf {self.position}"


class LeafName(models.Model):
    """Which random name a worker has in the leaves of one period, so that their own leaves can be given to them.

    Written by whoever closes the period; a side table that erasure and `retire` delete from. Nobody else reads it.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="leaf_names")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leaf_names")
    name = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "worker"], name="leafname_once"),
            models.UniqueConstraint(fields=["period", "name"], name="leafname_one_worker"),
        ]

    def __str__(self) -> str:
        return f"leaf name in {self.period_id}"
