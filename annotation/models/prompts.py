"""Prompts, where they came from, what models answered, and the items that people rank."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from annotation.models.projects import Project


class Consent(models.TextChoices):
    """On what ground the texts may be used."""

    OPT_IN = "opt_in", "Opt-in: the creator agreed"
    LICENSED = "licensed", "Licensed"
    PUBLIC_DOMAIN = "public_domain", "Public domain"
    OWN_WORK = "own_work", "Our own work"
    OPT_OUT_HONOURED = "opt_out_honoured", "Opt-out honoured"
    UNKNOWN = "unknown", "Unknown"


class PromptImport(models.Model):
    """One file of prompts: who brought it, from where, and under which licence and consent. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="of the file's bytes")
    file_format = models.CharField(max_length=8)
    rows = models.PositiveIntegerField()
    source = models.CharField(max_length=300)
    creator = models.CharField(max_length=300)
    licence = models.CharField(max_length=120)
    consent = models.CharField(max_length=20, choices=Consent.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="import_file_once")]

    def __str__(self) -> str:
        return self.filename


class Prompt(models.Model):
    """A text that a model answers. Prompts of one group never fall on both sides of a dataset split."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts")
    prompt_import = models.ForeignKey(PromptImport, on_delete=models.PROTECT, related_name="prompts")
    line = models.PositiveIntegerField(help_text="line of the imported file")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    prompt_group = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="prompt_text_once")]

    def __str__(self) -> str:
        return f"prompt {self.pk}"


class Generation(models.Model):
    """One job that wrote completions with one policy; `job_id` makes it idempotent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="generations")
    job_id = models.UUIDField(unique=True)
    policy_digest = models.CharField(max_length=64)
    policy_name = models.CharField(max_length=200)
    sampling = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.policy_name} {self.pk}"


class Completion(models.Model):
    """What the policy wrote, with the seed that draws it again. Append-only: a ballot speaks of this text."""

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="completions")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="completions")
    index = models.PositiveSmallIntegerField(help_text="0 to K-1; ballots name completions by it")
    text = models.TextField(blank=True)
    seed = models.BigIntegerField()
    token_logprobs = ArrayField(models.FloatField(), default=list)
    finish_reason = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "prompt", "index"], name="completion_once"),
            models.CheckConstraint(condition=Q(index__lte=8), name="completion_index_0_to_8"),
        ]

    def __str__(self) -> str:
        return f"completion {self.index} of {self.prompt_id}"


class WorkKind(models.TextChoices):
    RANK = "rank", "Rank"
    COMPARE = "compare", "Compare"
    WRITE = "write", "Write"
    REVIEW = "review", "Review"


class Item(models.Model):
    """A prompt with its K completions, to be ranked by `overlap` people.

    `ballots_count` counts the people whose ballot stands; `live_leases` those who hold it now. Both change
    only under this row's lock. Free slots are overlap - ballots_count - live_leases.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="items")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="items")
    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="items")
    work_kind = models.CharField(max_length=8, choices=WorkKind.choices, default=WorkKind.RANK)
    overlap = models.PositiveSmallIntegerField()
    ballots_count = models.PositiveSmallIntegerField(default=0)
    live_leases = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "prompt"], name="item_once"),
            models.CheckConstraint(condition=Q(ballots_count__lte=F("overlap")), name="item_overlap_holds"),
        ]
        indexes = [
            # what the claim walks: items with a free slot, in order
            models.Index(
                fields=["project", "id"],
                condition=Q(ballots_count__lt=F("overlap") - F("live_leases")),
                name="item_free_slots",
            )
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"
