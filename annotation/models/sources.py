"""Where texts come from and why they may be used, files on their way in, and what others said of completions.

A source is written once. An import's rows become visible with its `published_at`, all at once; from then on
nothing of it can change, and before that everything of it can be removed.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotation.models.projects import Project
from byhand.jobs.models import Job


class Consent(models.TextChoices):
    """On what ground the texts may be used."""

    OPT_IN = "opt_in", "Opt-in: the creator agreed"
    LICENSED = "licensed", "Licensed"
    PUBLIC_DOMAIN = "public_domain", "Public domain"
    OWN_WORK = "own_work", "Our own work"
    OPT_OUT_HONOURED = "opt_out_honoured", "Opt-out honoured: nobody was asked, objections were respected"
    NONE = "none", "None: nobody agreed"
    UNKNOWN = "unknown", "Unknown"


CONSENT_WITHOUT_REASON = (Consent.OPT_IN, Consent.LICENSED, Consent.PUBLIC_DOMAIN, Consent.OWN_WORK)


class Compensated(models.TextChoices):
    AMOUNT = "amount", "Yes, this much"
    NO = "no", "No"
    UNKNOWN = "unknown", "Unknown"


class PersonalData(models.TextChoices):
    NONE = "none", "None"
    POSSIBLE = "possible", "Possible"
    YES = "yes", "Yes"
    UNKNOWN = "unknown", "Unknown"


class Source(models.Model):
    """One entry of a project's source register. Append-only.

    A consent outside `CONSENT_WITHOUT_REASON` needs a reason, which reports print beside the entry.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="sources")
    title = models.CharField(max_length=300, help_text="where the texts come from, in a line")
    creator = models.CharField(max_length=300)
    obtained = models.CharField(max_length=500, blank=True, help_text="how they were obtained")
    licence = models.CharField(max_length=120)
    consent = models.CharField(max_length=20, choices=Consent.choices)
    reason = models.CharField(max_length=500, blank=True, help_text="why they are used without agreement")
    ai_txt_checked_on = models.DateField(null=True, blank=True)
    robots_txt_checked_on = models.DateField(null=True, blank=True)
    tdm_checked_on = models.DateField(null=True, blank=True, help_text="text and data mining reservation")
    compensated = models.CharField(max_length=8, choices=Compensated.choices, default=Compensated.UNKNOWN)
    compensation_micro = models.BigIntegerField(null=True, blank=True)
    compensation_currency = models.CharField(max_length=3, blank=True)
    personal_data = models.CharField(max_length=8, choices=PersonalData.choices, default=PersonalData.UNKNOWN)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(consent__in=[str(c) for c in CONSENT_WITHOUT_REASON]) | ~Q(reason=""),
                name="source_consent_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(compensated="amount", compensation_micro__gte=0) & ~Q(compensation_currency="")
                | ~Q(compensated="amount") & Q(compensation_micro__isnull=True, compensation_currency=""),
                name="source_compensation_has_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SourceEvidence(models.Model):
    """A file that shows what a source says: an agreement, a screenshot, a licence. Append-only, never rendered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="evidence")
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="evidence_file_once")]

    def __str__(self) -> str:
        return self.filename


class UploadState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    PREVIEWED = "previewed", "Previewed"
    IMPORTING = "importing", "Importing"
    OPENING = "opening", "Opening items"
    CANCELLING = "cancelling", "Being removed"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Refused"


BUSY = (UploadState.IMPORTING, UploadState.OPENING, UploadState.CANCELLING)


class BadRows(models.TextChoices):
    REFUSE = "refuse", "Refuse the whole file"
    SKIP = "skip", "Import the good rows and list the bad ones"


class Upload(models.Model):
    """A file on its way in. One of a project moves at a time, so that no import sees another's unpublished rows.

    `checkpoint` counts the file's rows whose effects are committed in the present phase; a successor reads past them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="uploads")
    source = models.ForeignKey(
        Source, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="of the file's bytes")
    file_format = models.CharField(max_length=20, blank=True)
    mapping = models.JSONField(default=dict)
    brings = models.CharField(max_length=40, blank=True)
    bad_rows = models.CharField(max_length=8, choices=BadRows.choices, default=BadRows.REFUSE)
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.UPLOADED)
    phase = models.CharField(max_length=8, blank=True, help_text="check, write or open")
    checkpoint = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["importing", "opening", "cancelling"]),
                name="upload_one_moves_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(source__isnull=False) | Q(state__in=["uploaded", "previewed", "cancelled"]),
                name="upload_moves_with_a_source",
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class PromptImport(models.Model):
    """One file of prompts that came in. Once published nothing of it changes; until then its rows are unseen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="imports")
    upload = models.OneToOneField(
        Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="prompt_import"
    )
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="of the file's bytes")
    file_format = models.CharField(max_length=20)
    brings = models.CharField(max_length=40, default="prompts")
    rows = models.PositiveIntegerField()
    labels = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sha256", "brings"], name="import_file_once")
        ]

    def __str__(self) -> str:
        return self.filename


class PublishedLabels(models.Manager["OutsideLabel"]):
    def get_queryset(self) -> models.QuerySet[OutsideLabel]:
        return super().get_queryset().filter(prompt_import__published_at__isnull=False)


class OutsideLabel(models.Model):
    """What somebody outside said of completions. Append-only: no ballot, no wages, never counted as overlap.

    `completions` are the texts themselves; `answer` names them by index, in the shape of a ballot's JSON.
    `annotator_hash` tells people of one import apart and means nothing outside it; blank where the source names none.
    """

    id = models.BigAutoField(primary_key=True)
    prompt = models.ForeignKey("annotation.Prompt", on_delete=models.PROTECT, related_name="outside_labels")
    prompt_import = models.ForeignKey(
        PromptImport, on_delete=models.PROTECT, related_name="outside_labels", db_index=False
    )
    line = models.PositiveIntegerField()
    place = models.PositiveIntegerField(help_text="which judgement of its row")
    completions = models.JSONField()
    answer = models.JSONField()
    note = models.TextField(blank=True)
    annotator_hash = models.CharField(max_length=64, blank=True)

    every = models.Manager["OutsideLabel"]()
    objects = PublishedLabels()

    class Meta:
        base_manager_name = "every"
        default_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["prompt_import", "line", "place"], name="outside_label_once")
        ]

    def __str__(self) -> str:
        return f"outside label {self.pk}"
