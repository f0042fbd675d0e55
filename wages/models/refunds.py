"""Money that goes back from a reservation to its funder: one steward proposes it, another approves it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from wages.models.projects import PaidProject


class Refund(models.Model):
    """A proposed refund of a reservation. It moves money once another steward approves it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="refunds")
    amount_micro = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    key = models.CharField(max_length=100)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    entry = models.OneToOneField(
        "wages.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="refund"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="refund_key"),
            models.CheckConstraint(condition=Q(amount_micro__gt=0) & ~Q(reason=""), name="refund_amount"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True, entry__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False, entry__isnull=False),
                name="refund_approved_whole",
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("created_by")), name="refund_two_stewards"),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk}"
