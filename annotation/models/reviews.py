"""Second looks: who may review, who holds which item, and what was decided. Ballots stay as they were given.

Knows nothing of money: a review's time is in `wages`, under the work id `review:<review id>`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotation.models.projects import Project
from annotation.models.prompts import Item
from annotation.models.work import Ballot


class Reviewer(models.Model):
    """Someone who takes part in the project and may also decide where others disagree. Paid for that time."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="reviewers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviewing")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], condition=Q(ended_at__isnull=True), name="reviewer_once"
            )
        ]

    def __str__(self) -> str:
        return f"reviewer {self.pk}"

    @property
    def masked(self) -> str:
        """Return enough of the address to tell reviewers apart: engineers see no address and no pseudonym here."""
        name, _at, host = self.user.email.partition("@")
        return f"{name[:2]}…@{host}"


class ReviewState(models.TextChoices):
    LIVE = "live", "Live"
    DECIDED = "decided", "Decided"
    RELEASED = "released", "Given back"
    EXPIRED = "expired", "Expired"


class Review(models.Model):
    """One reviewer's hold on one item, and the work id that `wages` keeps their time under.

    `shown_ballots` is the order in which this reviewer sees the ballots (A, B, C, ...): shuffled, so that no
    letter is the same person twice. A hold that ends frees the item and never ends the clock.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="reviews")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    shown_ballots = models.JSONField()
    state = models.CharField(max_length=8, choices=ReviewState.choices, default=ReviewState.LIVE)
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(state="live"), name="review_one_per_item"),
            models.UniqueConstraint(
                fields=["project", "reviewer"], condition=Q(state="live"), name="review_one_at_a_time"
            ),
            # the target of a composite foreign key: an adjudication repeats what must agree
            models.UniqueConstraint(fields=["id", "item", "reviewer"], name="review_id_item_reviewer"),
            models.CheckConstraint(
                condition=Q(state="live", ended_at__isnull=True)
                | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="review_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="live"), name="review_live_by_expiry"),
            models.Index(fields=["reviewer", "item"], name="review_seen"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"


class Decision(models.TextChoices):
    BALLOT = "ballot", "One of the rankings stands"
    CONSENSUS = "consensus", "The consensus stands"
    RANKING = "ranking", "Another ranking"
    UNRANKABLE = "unrankable", "Not rankable"


class Adjudication(models.Model):
    """What a reviewer decided, on which ballots. Append-only; a later decision `supersedes` an earlier one.

    `answer` has the shape of a ballot's answer and is null only where nothing can be ranked. `ballots` names
    every ballot that was on the page: one that came later reopens the question.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="adjudications")
    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="adjudication")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=12, choices=Decision.choices)
    ballot = models.ForeignKey(
        Ballot, null=True, blank=True, on_delete=models.PROTECT, related_name="adjudications"
    )
    answer = models.JSONField(null=True, blank=True)
    ballots = models.JSONField()
    key = models.CharField(max_length=64, help_text="idempotency key of the decision; never used again")
    decision_hash = models.CharField(max_length=64)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(supersedes__isnull=True), name="adjudication_first_of_item"
            ),
            models.UniqueConstraint(fields=["reviewer", "key"], name="adjudication_key_once"),
            models.UniqueConstraint(fields=["id", "item"], name="adjudication_id_item"),
            models.CheckConstraint(
                condition=Q(decision="ballot", ballot__isnull=False, answer__isnull=False)
                | Q(decision__in=["consensus", "ranking"], ballot__isnull=True, answer__isnull=False)
                | Q(decision="unrankable", ballot__isnull=True, answer__isnull=True),
                name="adjudication_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} on item {self.item_id}"


class AdjudicationReason(models.Model):
    """Why it was decided so, in the reviewer's words: a table of its own, so that it can be deleted."""

    adjudication = models.OneToOneField(
        Adjudication, on_delete=models.PROTECT, primary_key=True, related_name="reason"
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"reason of {self.adjudication_id}"


class ReviewRequest(models.Model):
    """An engineer asked for a second look at this item, and why. The next decision closes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="review_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(closed_at__isnull=True), name="reviewrequest_one_open"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reviewrequest_reason"),
        ]

    def __str__(self) -> str:
        return f"review of item {self.item_id} asked for"
