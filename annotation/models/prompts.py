"""Prompts, where they came from, what models answered, and the items that people rank."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left, Lower
from django.utils import timezone

from annotation.models.projects import Project
from annotation.models.sources import PromptImport

BEGINS = Lower(Left("text", 60))


class PublishedPrompts(models.Manager["Prompt"]):
    """Prompts of finished imports. What an import has only begun to write is unseen by all readers."""

    def get_queryset(self) -> models.QuerySet[Prompt]:
        return super().get_queryset().filter(prompt_import__published_at__isnull=False)


class Prompt(models.Model):
    """A text that a model answers. Prompts of one group never fall on both sides of a dataset split."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts")
    prompt_import = models.ForeignKey(PromptImport, on_delete=models.PROTECT, related_name="prompts")
    line = models.PositiveIntegerField(help_text="line of the imported file")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    prompt_group = models.CharField(max_length=120)
    language = models.CharField(max_length=35, blank=True, help_text="a language tag; blank is unknown")
    metadata = models.JSONField(default=dict, help_text="what the source says of it, such as its own id")

    every = models.Manager["Prompt"]()
    objects = PublishedPrompts()

    class Meta:
        base_manager_name = "every"
        default_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="prompt_text_once")]
        indexes = [
            # what the item browser looks up: a group, and how a text begins
            models.Index(fields=["project", "prompt_group"], name="prompt_by_group"),
            models.Index(F("project"), OpClass(BEGINS, "text_pattern_ops"), name="prompt_by_beginning"),
        ]

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


class ItemRole(models.TextChoices):
    """Why people are given an item. Nothing on their page tells one role from another."""

    RANK = "rank", "To be ranked"
    GOLD = "gold", "Gold: the answer is known"
    QUALIFICATION = "qualification", "Qualification"


FREE = Q(role="rank", ballots_count__lt=F("overlap") - F("live_leases"))
OPEN = Q(role="rank", ballots_count__lt=F("overlap"))
DONE = Q(role="rank", ballots_count__gte=F("overlap"))


class Item(models.Model):
    """A prompt with its K completions, to be ranked by `overlap` people.

    `ballots_count` counts the people whose ballot stands; `live_leases` those who hold it now. Both change
    only under this row's lock. Free slots are overlap - ballots_count - live_leases. Gold items, qualification
    items and hidden repeats use no slot.

    `need` is the order in which free items are offered, the least first: higher priority before lower, and
    within one priority what somebody has ranked before what nobody has, so that overlap completes.
    `changed_xid` is written by a trigger: the transaction that last changed this row.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="items", db_index=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="items")
    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="items")
    work_kind = models.CharField(max_length=8, choices=WorkKind.choices, default=WorkKind.RANK)
    role = models.CharField(
        max_length=13, choices=ItemRole.choices, default=ItemRole.RANK, db_default=ItemRole.RANK
    )
    priority = models.SmallIntegerField(default=0, db_default=0, help_text="higher is offered first")
    overlap = models.PositiveSmallIntegerField()
    ballots_count = models.PositiveSmallIntegerField(default=0)
    live_leases = models.PositiveSmallIntegerField(default=0)
    need = models.GeneratedField(
        expression=F("priority") * -2 + models.Case(models.When(ballots_count=0, then=1), default=0),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    changed_xid = models.BigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "prompt"], name="item_once"),
            models.CheckConstraint(
                condition=Q(ballots_count__lte=F("overlap") - F("live_leases")), name="item_overlap_holds"
            ),
        ]
        indexes = [
            # what the claim walks: items with a free slot, in the order of need
            models.Index(fields=["project", "need", "id"], condition=FREE, name="item_free_slots"),
            # and what has changed behind the place where the walk begins
            models.Index(fields=["project", "changed_xid"], condition=FREE, name="item_free_changed"),
            models.Index(fields=["project", "role", "id"], condition=~Q(role="rank"), name="item_known"),
            # what the item browser walks: all, the open ones, the done ones
            models.Index(fields=["project", "id"], name="item_of_project"),
            models.Index(fields=["project", "id"], condition=OPEN, name="item_open"),
            models.Index(fields=["project", "id"], condition=DONE, name="item_done"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class GoldAnswer(models.Model):
    """What is known about an item: which completion stands above which, and which are unacceptable.

    Pairs, not a whole order: only what is beyond doubt is asked for. Never shown before the answer is given.
    """

    item = models.OneToOneField(Item, on_delete=models.PROTECT, primary_key=True, related_name="gold")
    better = models.JSONField(default=list, help_text="[[i, j], ...]: i stands above j")
    unacceptable = models.JSONField(default=list)
    explanation = models.TextField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"gold of {self.item_id}"
