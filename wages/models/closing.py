"""How far the close of a period has come, and the leaves that it has gathered so far.

A draft leaf has no place yet: when all are there, they are put into the order of their random salts, become
`SliceLeaf` rows and are deleted here, in one transaction.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.periods import Period


class PeriodClose(models.Model):
    """The close of one period: what it froze when it began, and the last worker whose batch has committed."""

    period = models.OneToOneField(
        Period, primary_key=True, on_delete=models.PROTECT, related_name="closing", db_column="period_id"
    )
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="null: the platform itself, after the week has ended",
    )
    p75_ms = models.BigIntegerField(
        null=True, blank=True, help_text="the task's 75th percentile; null: nothing to settle unknown time by"
    )
    log_size = models.BigIntegerField(
        default=0, help_text="size of the log's checkpoint that statements name"
    )
    log_root = models.CharField(max_length=64, blank=True, help_text="its root, in hex")
    expected = models.PositiveIntegerField(default=0, help_text="workers, as counted at the beginning")
    through_worker = models.BigIntegerField(default=0, help_text="all workers up to this id are done")
    workers = models.PositiveIntegerField(default=0, help_text="workers done, each with a statement")
    due_micro = models.BigIntegerField(default=0, help_text="earned by them in the period, all kinds")
    spent_micro = models.BigIntegerField(default=0, help_text="taken from the project for them")
    top_up_micro = models.BigIntegerField(default=0)
    extras_micro = models.BigIntegerField(default=0, help_text="due beside accrued work and top-ups")
    topped_up = models.PositiveIntegerField(default=0, help_text="workers with a top-up")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(through_worker__gte=0, top_up_micro__gte=0, log_size__gte=0)
                & (Q(p75_ms__isnull=True) | Q(p75_ms__gte=0)),
                name="periodclose_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"close of {self.period_id}"


class DraftLeaf(models.Model):
    """One leaf of a period that is being closed."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    salt = models.BinaryField(max_length=32)
    body = models.TextField()
    earned_micro = models.BigIntegerField()

    def __str__(self) -> str:
        return f"draft leaf {self.pk}"
