"""Removing or pausing a person in a project: who proposed it, when it takes effect, every step. Append-only.

Why stands in `RemovalWords`, which can be deleted; a step keeps only its salted hash. No figure about a person's work
is in here, and nothing here is ever written by a program on its own.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.models.projects import Project

NOTICE = timedelta(days=7)


class Removal(models.Model):
    """A named person's act. It takes effect 7 days after notice, and at once for abuse alone."""

    REMOVE, PAUSE = "remove", "pause"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="removals")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="removals")
    kind = models.CharField(max_length=8, choices=[(REMOVE, "Remove"), (PAUSE, "Pause")])
    abuse = models.BooleanField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    effective_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["worker", "project"], name="removal_of_worker")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["remove", "pause"]), name="removal_kind"),
            models.CheckConstraint(condition=~Q(proposed_by=F("worker")), name="removal_not_oneself"),
            models.CheckConstraint(
                condition=Q(abuse=True, effective_at__gte=F("proposed_at"))
                | Q(effective_at__gte=F("proposed_at") + NOTICE),
                name="removal_seven_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class RemovalStep(models.Model):
    """Proposed, appealed by the person, decided by another steward, or taken back. The database checks who decides."""

    PROPOSED, APPEALED, UPHELD, REVERSED, ENDED = "proposed", "appealed", "upheld", "reversed", "ended"
    OVER = (REVERSED, ENDED)

    removal = models.ForeignKey(Removal, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(
        max_length=8, choices=[(kind, kind) for kind in (PROPOSED, APPEALED, UPHELD, REVERSED, ENDED)]
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    words_sha256 = models.CharField(max_length=64, help_text="of salt and text")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["removal", "kind"], name="removalstep_once"),
            models.UniqueConstraint(
                fields=["removal"],
                condition=Q(kind__in=["upheld", "reversed"]),
                name="removalstep_one_decision",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["proposed", "appealed", "upheld", "reversed", "ended"])
                & Q(words_sha256__regex=r"^[0-9a-f]{64}$"),
                name="removalstep_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.removal_id}"


class RemovalWords(models.Model):
    """What was written at a step. `evidence` is there for a proposal alone."""

    step = models.OneToOneField(
        RemovalStep, primary_key=True, on_delete=models.PROTECT, related_name="written"
    )
    text = models.TextField()
    evidence = models.TextField(blank=True)
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"words of step {self.step_id}"
