"""What a project promises besides its rate: where it is offered, what it may cost, whom one can turn to."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.projects import PaidProject

RETENTION_YEARS, DISPUTE_YEARS = 7, 3


class PayTerms(models.Model):
    """One version of a project's terms, in force from `created_at` on. Append-only; the newest row counts.

    `countries` are places (KE, US, US-CA) that the project is offered in; its rate must reach the highest floor
    among them. Fees are parts per thousand of pay, borne by the funder, never taken from a worker.
    """

    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField()
    countries = ArrayField(models.CharField(max_length=6), default=list)
    overhead_micro = models.BigIntegerField(default=0, help_text="declared budget besides the ballots")
    platform_fee_permille = models.PositiveIntegerField(default=0)
    payment_fee_permille = models.PositiveIntegerField(default=0)
    contributions_permille = models.PositiveIntegerField(default=0, help_text="employer contributions")
    data_hourly_micro = models.BigIntegerField(
        default=0, help_text="what an hour costs a worker in data and airtime; deducted in the floor test"
    )
    fx_spread_permille = models.PositiveIntegerField(
        default=0, help_text="what exchange costs a worker, of pay; deducted in the floor test"
    )
    appeal_contact = models.CharField(
        max_length=300, blank=True, help_text="outside contact for a second appeal; blank: none"
    )
    retention_years = models.PositiveIntegerField(default=RETENTION_YEARS)
    dispute_years = models.PositiveIntegerField(default=DISPUTE_YEARS)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "pay terms"
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="payterms_version"),
            models.CheckConstraint(
                condition=Q(overhead_micro__gte=0, data_hourly_micro__gte=0), name="payterms_amounts"
            ),
            models.CheckConstraint(
                condition=Q(platform_fee_permille__lte=1000, payment_fee_permille__lte=1000)
                & Q(contributions_permille__lte=1000),
                name="payterms_permille",
            ),
            models.CheckConstraint(
                condition=Q(fx_spread_permille__range=(0, 1000)), name="payterms_fx_spread"
            ),
            models.CheckConstraint(
                condition=Q(retention_years__range=(1, 30), dispute_years__range=(1, 30)),
                name="payterms_years",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/terms v{self.version}"
