"""Pay statements of closed periods, and what the workers said of them. Both append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from wages.models.periods import Period
from wages.models.projects import PaidProject


class Statement(models.Model):
    """What one worker is told about one closed period, as canonical JSON (RFC 8785): figures, floor test, costs.

    Intervals and entries of the period are not repeated in it: they are append-only and are read from their
    own tables. `sha256` is the hash of the body's bytes, in hex.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="statements")
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="statements")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="statements")
    simulated = models.BooleanField()
    payable_micro = models.BigIntegerField(help_text="moved to payable when the period closed")
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["worker", "-id"], name="statement_worker")]
        constraints = [
            models.UniqueConstraint(fields=["period", "worker"], name="statement_once"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="statement_sha256"),
        ]

    def __str__(self) -> str:
        return f"statement {self.pk}"


class StatementAnswer(models.Model):
    """The worker's word about a statement; the newest counts. No row: silent, which means nothing else."""

    CONFIRMED, DISPUTED = "confirmed", "disputed"

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=16, choices=[(CONFIRMED, CONFIRMED), (DISPUTED, DISPUTED)])
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=["confirmed", "disputed"]), name="statementanswer_known"
            ),
        ]

    def __str__(self) -> str:
        return self.answer
