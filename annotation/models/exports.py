"""Exports: what left the platform, in which form, who asked for it, and who fetched which file.

Facts only. How far an export is, its job says; what it held, its result says, once. Nothing in here is ever
changed: files go when their time is over, these rows stay.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotation.models.projects import Project
from byhand.jobs.models import Job


class ExportClass(models.TextChoices):
    """For whom the files are: it decides what may stand in a row."""

    INTERNAL = "internal", "Internal: everything, for the engineers of this organisation"
    PUBLIC = "public", "Public: no ids, times or free text"


class ExportFormat(models.TextChoices):
    BALLOTS = "ballots", "Raw ballots (JSONL)"
    TRL = "trl", "TRL preference pairs (JSONL)"
    PARQUET = "parquet", "Parquet"
    DATASETS = "datasets", "Hugging Face datasets folder"
    LABEL_STUDIO = "label_studio", "Label Studio (JSON)"
    OPEN_ASSISTANT = "open_assistant", "Open-Assistant trees (JSONL)"
    HH = "hh", "Anthropic HH pairs (JSONL)"
    ARGILLA = "argilla", "Argilla records (JSONL)"


class Export(models.Model):
    """A request for files of one project. `simulated` repeats the project's mark, by composite foreign key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="exports")
    simulated = models.BooleanField()
    export_class = models.CharField(max_length=8, choices=ExportClass.choices)
    file_format = models.CharField(max_length=16, choices=ExportFormat.choices)
    options = models.JSONField(default=dict)
    key = models.CharField(max_length=64, help_text="idempotency key of the request; never used again")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="export")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="export_key_once"),
            models.CheckConstraint(
                condition=Q(export_class__in=ExportClass.values), name="export_class_is_known"
            ),
            models.CheckConstraint(
                condition=Q(file_format__in=ExportFormat.values), name="export_format_is_known"
            ),
        ]
        indexes = [models.Index(fields=["project", "-created_at"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.file_format} export {self.pk}"

    @property
    def state(self) -> str:
        """The state of its job: an export has none of its own."""
        return str(self.job.state)


class ExportResult(models.Model):
    """What an export held: its manifest, by whose sha256 the folder of its files is named."""

    export = models.OneToOneField(Export, on_delete=models.PROTECT, primary_key=True, related_name="result")
    manifest_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    archive_bytes = models.PositiveBigIntegerField(help_text="of the one file that holds all the others")
    kept_until = models.DateTimeField()
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(manifest_sha256__regex=r"^[0-9a-f]{64}$"), name="exportresult_sha256"
            )
        ]
        indexes = [models.Index(fields=["manifest_sha256"], name="exportresult_folder")]

    def __str__(self) -> str:
        return f"result of {self.export_id}"


class ExportDownload(models.Model):
    """Somebody was let to fetch one file. The address that it gives works for this person, for a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["export", "-created_at"], name="exportdownload_newest")]

    def __str__(self) -> str:
        return f"{self.filename} of {self.export_id}"
