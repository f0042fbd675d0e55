"""Projects, their terms and guidelines, and who takes part. Rates and funding are kept in `wages`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from byhand.accounts.models import Organisation

HOUR_MS = 3_600_000


class ProjectState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PILOT = "pilot", "Pilot"
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


OFFERING = frozenset({ProjectState.OPEN, ProjectState.PILOT})
"""The states in which a project offers work."""


class Project(models.Model):
    """Prompts to rank, what is asked about each, how many people rank it, and for how long one may hold it.

    The id is also the id of the paid project in `wages`. `simulated` is the target of composite foreign
    keys: a participation repeats it beside the user's, so that real and simulated people never mix.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80)
    simulated = models.BooleanField(default=False)
    k = models.PositiveSmallIntegerField(help_text="completions in one ranking")
    overlap = models.PositiveSmallIntegerField(help_text="people who rank the same prompt")
    overlap_percent = models.PositiveSmallIntegerField(
        default=100,
        help_text="share of the prompts that so many people rank; one person ranks each of the others",
    )
    lease_ms = models.PositiveBigIntegerField(default=HOUR_MS)
    languages = models.JSONField(default=list)
    top_m = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="the best so many are ordered, the rest may stay unranked; null: all"
    )
    asks_strength = models.BooleanField(default=False)
    dimensions = models.JSONField(default=list, blank=True, help_text="what each completion is rated on")
    content_warning = models.TextField(blank=True)
    support_contact = models.TextField(blank=True)
    exposure_ms = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="most task time a person is offered in any 24 hours"
    )
    target_ballots = models.PositiveIntegerField(
        null=True, blank=True, help_text="stop offering when so many ballots count; null: all items"
    )
    gold_percent = models.PositiveSmallIntegerField(default=0)
    repeat_percent = models.PositiveSmallIntegerField(default=0)
    repeat_after_ms = models.PositiveBigIntegerField(default=HOUR_MS)
    pilot_ballots = models.PositiveSmallIntegerField(default=10)
    qualification_pass_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    qualification_retries = models.PositiveSmallIntegerField(
        default=2, db_default=2, help_text="how many times a person may try the qualification again"
    )
    state = models.CharField(max_length=8, choices=ProjectState.choices, default=ProjectState.DRAFT)
    paused_reason = models.CharField(max_length=40, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="project_slug_unique"),
            models.UniqueConstraint(fields=["id", "simulated"], name="project_id_simulated"),
            models.CheckConstraint(condition=models.Q(k__gte=2, k__lte=9), name="project_k_2_to_9"),
            models.CheckConstraint(
                condition=models.Q(overlap__gte=1, overlap__lte=50), name="project_overlap"
            ),
            models.CheckConstraint(
                condition=models.Q(overlap_percent__gte=0, overlap_percent__lte=100),
                name="project_overlap_percent",
            ),
            models.CheckConstraint(condition=models.Q(lease_ms__gte=60_000), name="project_lease_a_minute"),
            models.CheckConstraint(
                condition=models.Q(top_m__isnull=True) | models.Q(top_m__gte=1, top_m__lt=models.F("k")),
                name="project_top_m_below_k",
            ),
            models.CheckConstraint(
                condition=models.Q(gold_percent__lte=50, repeat_percent__lte=50), name="project_hidden_shares"
            ),
            models.CheckConstraint(
                condition=models.Q(qualification_pass_percent__isnull=True)
                | models.Q(qualification_pass_percent__gte=1, qualification_pass_percent__lte=100),
                name="project_pass_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(content_warning="") | ~models.Q(support_contact=""),
                name="project_warning_names_support",
            ),
            models.CheckConstraint(
                condition=models.Q(simulated=True) | models.Q(pilot_ballots__gte=1),
                name="project_pilot_unless_simulated",
            ),
            models.CheckConstraint(
                condition=models.Q(target_ballots__isnull=True) | models.Q(target_ballots__gte=1),
                name="project_target_from_1",
            ),
            models.CheckConstraint(
                condition=models.Q(exposure_ms__isnull=True) | models.Q(exposure_ms__gte=60_000),
                name="project_exposure_a_minute",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DocumentKind(models.TextChoices):
    TERMS = "terms", "Terms"
    GUIDELINES = "guidelines", "Guidelines"


class Document(models.Model):
    """One version of the terms or the guidelines. Append-only: people accepted exactly this text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    version = models.PositiveIntegerField()
    text = models.TextField()
    change_note = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="what is new against the version before, in a few words",
    )
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "version"], name="document_version_once"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="document_version_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.version}"


class Acceptance(models.Model):
    """Someone accepted one version of a document. Append-only."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "user"], name="acceptance_once")]

    def __str__(self) -> str:
        return f"{self.document_id} by {self.user_id}"


class Participation(models.Model):
    """Someone works on a project, under a pseudonym that means nothing outside it."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="participations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="participations"
    )
    simulated = models.BooleanField()
    pseudonym = models.CharField(max_length=32)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="participation_once"),
            models.UniqueConstraint(fields=["project", "pseudonym"], name="participation_pseudonym_unique"),
        ]

    def __str__(self) -> str:
        return self.pseudonym
