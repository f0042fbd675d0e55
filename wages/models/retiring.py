"""What has been retired after its legal term, and the holds that stop it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from wages.models.periods import Period
from wages.models.projects import PaidProject


class RetiredPeriod(models.Model):
    """A closed period whose rows are gone. Its sums and its root stay in the period. Append-only.

    `transaction_id` is set by the database: rows go in the transaction that wrote this one, and in no other.
    """

    period = models.OneToOneField(Period, primary_key=True, on_delete=models.PROTECT, related_name="retired")
    before = models.DateField(help_text="the date that retirement was asked for")
    intervals = models.BigIntegerField()
    entries = models.BigIntegerField()
    leaves = models.BigIntegerField()
    transaction_id = models.BigIntegerField(default=0, editable=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"period {self.period_id} is retired"


class LegalHold(models.Model):
    """While it stands nothing of the project is retired; no project: nothing at all. Lifted once, never deleted."""

    project = models.ForeignKey(
        PaidProject, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_holds"
    )
    reference = models.CharField(max_length=200, help_text="a file number, never a name")
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    placed_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="legalhold_reference"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("placed_at")), name="legalhold_order"
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"
