"""Leases, ballots and skips: what one person did with one item."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from annotation.models.projects import Project
from annotation.models.prompts import Item


class LeaseState(models.TextChoices):
    LIVE = "live", "Live"
    SUBMITTED = "submitted", "Submitted"
    SKIPPED = "skipped", "Skipped"
    EXPIRED = "expired", "Expired"


class Lease(models.Model):
    """One worker's attempt at one item, and the work id that `wages` keeps time under.

    `shown_order` is the order in which this worker sees the completions. A lease that ends frees its slot;
    it never ends the clock, and a ballot that comes later is still taken and paid.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="leases")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="leases")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leases", db_index=False
    )
    shown_order = models.JSONField()
    repeat = models.BooleanField(
        default=False,
        db_default=False,
        help_text="a second look at what the worker ranked before; never counted, always paid",
    )
    state = models.CharField(max_length=12, choices=LeaseState.choices, default=LeaseState.LIVE)
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "worker"], condition=Q(state="live"), name="lease_live_once"
            ),
            models.CheckConstraint(
                condition=Q(state="live", ended_at__isnull=True)
                | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="lease_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["worker", "project"], condition=Q(state="live"), name="lease_live_of_worker"
            ),
            models.Index(fields=["expires_at"], condition=Q(state="live"), name="lease_live_by_expiry"),
            models.Index(fields=["project"], condition=Q(state="live"), name="lease_live_of_project"),
            models.Index(fields=["worker", "project", "taken_at"], name="lease_of_worker"),
            # has this person had this item? An expired lease does not count: the item may come back
            models.Index(fields=["worker", "item"], condition=~Q(state="expired"), name="lease_had"),
        ]

    def __str__(self) -> str:
        return f"lease {self.pk}"


class Ballot(models.Model):
    """A ranking as it was given. Append-only; completions are named by their index, not by where they stood.

    `groups` is a list of lists, best first, ties together; `unranked` lies below every group, in no order;
    `unacceptable` below everything. The database refuses a ballot that does not name each completion exactly
    once. Strengths, ratings and flags are described in `annotation.ranking`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lease = models.ForeignKey(Lease, on_delete=models.PROTECT, related_name="ballots")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="ballots")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ballots")
    groups = models.JSONField()
    unranked = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    unacceptable = models.JSONField()
    strengths = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    ratings = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    flags = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    shown_order = models.JSONField()
    key = models.CharField(max_length=64, help_text="idempotency key of the submit; never used again")
    answer_hash = models.CharField(max_length=64)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    surplus = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "key"], name="ballot_key_once"),
            models.UniqueConstraint(
                fields=["lease"], condition=Q(supersedes__isnull=True), name="ballot_first_of_lease"
            ),
        ]
        indexes = [
            # rows come in the order of time and never change: a few pages of BRIN do what a tree would
            BrinIndex(fields=["created_at"], pages_per_range=16, autosummarize=True, name="ballot_by_time"),
            models.Index(
                fields=["item"], condition=~Q(flags=Value([], models.JSONField())), name="ballot_flagged"
            ),
        ]

    def __str__(self) -> str:
        return f"ballot {self.pk}"


class CurrentBallot(models.Model):
    """Which ballot of a worker stands for an item."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="current_ballots")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, related_name="current")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "worker"], name="current_ballot_once")]

    def __str__(self) -> str:
        return f"{self.ballot_id}"


class BallotNote(models.Model):
    """Free text of a worker beside a ballot: a table of its own, so that it can be deleted."""

    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, primary_key=True, related_name="note")
    text = models.TextField()

    def __str__(self) -> str:
        return f"note of {self.ballot_id}"


class SkipReason(models.TextChoices):
    LANGUAGE = "language", _("I don't know this language or subject well enough")
    UNCLEAR = "unclear", _("The prompt is unclear")
    BROKEN = "broken", _("The page or the text is broken")
    DISTRESSING = "distressing", _("The content is distressing")
    PERSONAL = "personal", _("I know the people or things in it")
    OTHER = "other", _("Another reason")


class Skip(models.Model):
    """A worker passed an item on. Append-only; the time is paid like any other."""

    lease = models.OneToOneField(Lease, on_delete=models.PROTECT, related_name="skip")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=SkipReason.choices)
    key = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "key"], name="skip_key_once")]
        indexes = [
            BrinIndex(fields=["created_at"], pages_per_range=16, autosummarize=True, name="skip_by_time")
        ]

    def __str__(self) -> str:
        return f"skip of {self.lease_id}"
