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
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


class Project(models.Model):
    """Prompts to rank, how many people rank each, and for how long one of them may hold an item.

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
