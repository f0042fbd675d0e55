"""Releases from waiting, in words, and the friendly question of a steward about much unknown time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from wages.models.projects import PaidProject


class Release(models.Model):
    """A worker who waited was told that there is no work, and the clock stopped at that moment.

    `recalled_at` is set once: when the worker was told that there is work again, or started again by themselves.
    """

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="releases")
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="releases")
    simulated = models.BooleanField()
    released_at = models.DateTimeField(help_text="when it was said, and when the clock stopped")
    expected_at = models.DateTimeField(null=True, blank=True, help_text="no work before about then, if known")
    recalled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "released_at"], name="release_project")]
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "project"], name="release_open_once", condition=Q(recalled_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=(Q(expected_at__isnull=True) | Q(expected_at__gt=F("released_at")))
                & (Q(recalled_at__isnull=True) | Q(recalled_at__gte=F("released_at"))),
                name="release_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"


class GapQuestion(models.Model):
    """A steward asked a worker about a week with much unknown time. No effect on pay; once for each week."""

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(PaidProject, on_delete=models.PROTECT, related_name="gap_questions")
    simulated = models.BooleanField()
    week = models.DateField(help_text="the Monday (UTC) that the week begins with")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "project", "week"], name="gapquestion_once"),
            models.CheckConstraint(condition=~Q(asked_by=F("worker")), name="gapquestion_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"
