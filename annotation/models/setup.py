"""What becomes of a project's settings, how long its work takes, and who may do it.

Every table only grows: it says what was in force, what somebody accepted and what a qualification found.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from annotation.models.projects import Project, ProjectState
from annotation.models.prompts import Item
from annotation.models.work import Lease


class StateChange(models.Model):
    """A project was opened, paused or closed. `words` are what its annotators read about it."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="state_changes")
    state = models.CharField(max_length=8, choices=ProjectState.choices)
    reason = models.CharField(max_length=40, blank=True, help_text="a code, such as budget or engineer")
    words = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="statechange_newest")]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.state}"


class SettingChange(models.Model):
    """One setting of a project got another value. Beside the audit record, which holds no texts."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="setting_changes")
    name = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="settingchange_newest")]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.name}"


class WarningAcceptance(models.Model):
    """Someone read a content warning and agreed to see such content; the words are kept as they were shown."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="warning_acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the warning")
    warning = models.TextField()
    support_contact = models.TextField()
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user", "sha256"], name="warning_acceptance_once"),
            models.CheckConstraint(
                condition=~Q(warning="") & ~Q(support_contact=""), name="warning_acceptance_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} by {self.user_id}"


class TimeEstimate(models.Model):
    """How long one ranking took the people who did it: paid task time per ballot, each ballot counted once."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="time_estimates")
    median_ms = models.PositiveBigIntegerField()
    p75_ms = models.PositiveBigIntegerField()
    ballots = models.PositiveIntegerField()
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ballots__gte=1, p75_ms__gte=F("median_ms")), name="estimate_whole"
            )
        ]
        indexes = [models.Index(fields=["project", "-id"], name="estimate_newest")]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.median_ms} ms"


class QualificationAnswer(models.Model):
    """A person has seen what was expected of one qualification item: `right` of `known` facts were met."""

    lease = models.OneToOneField(
        Lease, primary_key=True, on_delete=models.PROTECT, related_name="qualification_answer"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField()
    known = models.PositiveSmallIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(right__lte=F("known"), known__gte=1), name="qualification_answer_whole"
            )
        ]
        indexes = [models.Index(fields=["project", "worker"], name="qualification_answer_of")]

    def __str__(self) -> str:
        return f"{self.right} of {self.known}"


class QualificationResult(models.Model):
    """One attempt came to its end. The rule that was in force then is kept beside the figures.

    The database refuses a `passed` that the figures do not say.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="qualification_results")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField()
    right = models.PositiveIntegerField()
    known = models.PositiveIntegerField()
    required_percent = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "worker", "attempt"], name="qualification_attempt_once"
            ),
            models.CheckConstraint(
                condition=Q(right__lte=F("known"), known__gte=1), name="qualification_result_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt}: {self.right} of {self.known}"
