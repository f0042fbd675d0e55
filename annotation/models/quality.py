"""Measures of a project's rankings at a moment, and per item how far its people agree.

Figures are about rankings. What there is per person is a weight under a release pseudonym, for the quality file
of a dataset: no key leads from it to a user, and neither pay, assignment nor publishing reads this module.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from annotation.models.projects import Project
from annotation.models.prompts import Item


class QualitySnapshot(models.Model):
    """All figures of one computation, with counts and intervals, as of `as_of`. Append-only.

    `job_id` makes the computation idempotent; `method` names the formulas, so that two snapshots of one method
    can be compared.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="quality_snapshots")
    job_id = models.UUIDField(unique=True)
    method = models.CharField(max_length=24)
    as_of = models.DateTimeField(help_text="ballots given later are not in the figures")
    items = models.PositiveIntegerField()
    ballots = models.PositiveIntegerField()
    figures = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["project", "-as_of"], name="quality_newest")]

    def __str__(self) -> str:
        return f"quality of {self.project_id} as of {self.as_of:%Y-%m-%d %H:%M}"


class AnnotatorQuality(models.Model):
    """One person's weight in one snapshot, under their release pseudonym. Advice for data only. Append-only."""

    snapshot = models.ForeignKey(QualitySnapshot, on_delete=models.PROTECT, related_name="annotators")
    pseudonym = models.CharField(max_length=32)
    ballots = models.PositiveIntegerField()
    weight = models.FloatField(null=True, blank=True, help_text="agreement with others, shrunk to the mean")
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    flags = models.JSONField(default=list, help_text="plausibility: kind, evidence, expected by chance")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "pseudonym"], name="annotatorquality_once"),
            models.CheckConstraint(
                condition=Q(weight__isnull=True, low__isnull=True, high__isnull=True)
                | Q(weight__gte=-1, weight__lte=1, low__lte=F("weight"), high__gte=F("weight")),
                name="annotatorquality_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"weight in {self.snapshot_id}"


class ItemQuality(models.Model):
    """How far the ballots of one item agree, as the newest computation saw them. Replaced by the next one.

    `needs_review` is a suggestion for the queue; whether an item may be taken is decided when it is taken.
    """

    item = models.OneToOneField(Item, on_delete=models.PROTECT, primary_key=True, related_name="quality")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="item_qualities")
    ballots = models.PositiveSmallIntegerField()
    tau = models.FloatField(null=True, blank=True, help_text="mean pairwise Kendall tau-b; null: undefined")
    entropy = models.FloatField(null=True, blank=True, help_text="0: all say the same; 1: as split as can be")
    cycle = models.BooleanField(default=False)
    needs_review = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tau__isnull=True) | Q(tau__gte=-1, tau__lte=1), name="itemquality_tau"
            ),
            models.CheckConstraint(
                condition=Q(entropy__isnull=True) | Q(entropy__gte=0, entropy__lte=1),
                name="itemquality_entropy",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "tau"], name="itemquality_by_tau"),
            # the queue: worst agreement first, and where it is undefined first of all
            models.Index(
                F("project"),
                F("tau").asc(nulls_first=True),
                F("item"),
                condition=Q(needs_review=True),
                name="itemquality_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"agreement on item {self.item_id}"
