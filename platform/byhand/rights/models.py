"""Requests for a copy of one's data, and for its erasure. Ids and times only: nothing of what was in them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from byhand.jobs.models import Job


class Bundle(models.Model):
    """A copy of everything, asked for by the person themself. Its file goes when `kept_until` has passed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bundles")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="bundle")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    kept_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-asked_at"], name="bundle_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, manifest_sha256="", kept_until__isnull=True)
                | Q(
                    made_at__isnull=False,
                    manifest_sha256__regex=r"^[0-9a-f]{64}$",
                    kept_until__gt=F("made_at"),
                ),
                name="bundle_made_whole",
            )
        ]

    def __str__(self) -> str:
        return f"bundle {self.pk}"


class Erasure(models.Model):
    """Somebody asked to be forgotten. It waits until `due_at` and can be called back; once done it stays done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasures")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    called_back_at = models.DateTimeField(null=True, blank=True)
    job = models.OneToOneField(Job, null=True, blank=True, on_delete=models.PROTECT, related_name="erasure")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(called_back_at__isnull=True), name="erasure_one_stands"
            ),
            models.CheckConstraint(
                condition=Q(called_back_at__isnull=True) | Q(done_at__isnull=True, job__isnull=True),
                name="erasure_called_back_in_time",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="erasure_waits"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(done_at__gte=F("due_at")), name="erasure_done_when_due"
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
