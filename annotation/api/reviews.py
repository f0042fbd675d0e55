"""The API of second looks: the reviewer's (take, decide, give back) and the engineer's (reviewers, decisions)."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.projects import ProjectView
from annotation.errors import NotReviewer
from annotation.models import Decision, Review
from annotation.selectors.review_page import review_page
from annotation.selectors.reviews import (
    current_adjudications,
    held_review,
    is_reviewer,
    review_for,
    reviewers_of,
    waiting_for,
)
from annotation.selectors.work import project_for_worker
from annotation.services.decisions import decide_review
from annotation.services.reviewers import end_reviewer, name_reviewer
from annotation.services.reviews import release_review, take_review
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView


class ReviewTab(serializers.Serializer[Any]):
    tab = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class ReviewIn(serializers.Serializer[Any]):
    review = serializers.UUIDField()


class DecisionIn(serializers.Serializer[Any]):
    review = serializers.UUIDField()
    decision = serializers.ChoiceField(Decision.choices)
    ballot = serializers.UUIDField(required=False, allow_null=True, default=None)
    answer = serializers.JSONField(
        required=False, allow_null=True, default=None, help_text="with the decision `ranking`: as in a submit"
    )
    reason = serializers.CharField(max_length=2000)
    key = serializers.CharField(max_length=64, help_text="new for each decision; the same again is a replay")


class ReviewedBallotOut(serializers.Serializer[Any]):
    letter = serializers.CharField(help_text="shuffled for each review")
    ballot = serializers.UUIDField(source="ballot_id")
    answer = serializers.JSONField()
    note = serializers.CharField(allow_blank=True)


class KnownOut(serializers.Serializer[Any]):
    better = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="[i, j]: i stands above j, from 1",
    )
    unacceptable = serializers.ListField(child=serializers.IntegerField())
    explanation = serializers.CharField()


class ReviewOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="review.pk")
    item = serializers.IntegerField(source="review.item_id")
    taken_at = serializers.DateTimeField(source="review.taken_at")
    expires_at = serializers.DateTimeField(source="review.expires_at")
    reasons = serializers.ListField(child=serializers.CharField())
    prompt = serializers.CharField()
    completions = serializers.ListField(child=serializers.CharField(allow_blank=True))
    ballots = ReviewedBallotOut(many=True)
    consensus = serializers.JSONField(source="consensus.as_answer")
    known = KnownOut(allow_null=True, help_text="of a gold item")


class ReviewStateOut(serializers.Serializer[Any]):
    review = ReviewOut(allow_null=True)
    waiting = serializers.IntegerField(help_text="items that you could take now")


class DecidedOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["decided", "replayed"])
    adjudication = serializers.UUIDField(source="adjudication.pk")
    reopened = serializers.BooleanField(help_text="a ranking came in meanwhile: the item comes back")


class AdjudicationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    item = serializers.IntegerField(source="item_id")
    decision = serializers.CharField()
    ballot = serializers.UUIDField(source="ballot_id", allow_null=True)
    answer = serializers.JSONField(allow_null=True, help_text="null: these answers can't be ranked")
    ballots = serializers.ListField(child=serializers.UUIDField(), help_text="that were looked at")
    reason = serializers.CharField(source="reason.text")
    supersedes = serializers.UUIDField(source="supersedes_id", allow_null=True)
    created_at = serializers.DateTimeField()


class ReviewerIn(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class ReviewerOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    masked = serializers.CharField(help_text="enough of the address to tell reviewers apart")
    named_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ReviewerView(ApiView):
    """What the reviewer's views share: the state as JSON."""

    def shown(self, review: Review | None, project_id: uuid.UUID) -> Response:
        waiting = waiting_for(self.user, project_id, timezone.now())
        page = review_page(review) if review else None
        return Response(ReviewStateOut({"review": page, "waiting": waiting}).data)


class ReviewState(ReviewerView):
    scopes = {"GET": "review:write"}

    @describe(responses=ReviewStateOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """The item in your hands with its rankings side by side, and how many wait."""
        project = project_for_worker(self.user, project_id)
        review = held_review(self.user, project.pk)
        if review is None and not is_reviewer(self.user, project.pk):
            raise NotReviewer(_("An engineer of the project names who reviews."))
        return self.shown(review, project.pk)


class ReviewTake(ReviewerView):
    scopes = {"POST": "review:write"}

    @describe(request=ReviewTab, responses=ReviewStateOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Take the item that people agree on least; your clock runs on it from now on. Again: the same item."""
        project = project_for_worker(self.user, project_id)
        tab = self.checked(ReviewTab)["tab"]
        return self.shown(take_review(reviewer=self.user, project=project, tab=tab), project.pk)


class ReviewDecide(ReviewerView):
    scopes = {"POST": "review:write"}

    @describe(request=DecisionIn, responses=DecidedOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Decide, with a reason. Ballots stay as they were given, and stay paid."""
        project_for_worker(self.user, project_id)
        fields = self.checked(DecisionIn)
        review = review_for(self.user, fields.pop("review"))
        answer = fields.pop("answer")
        result = decide_review(
            reviewer=self.user,
            review_id=review.pk,
            answer=answer if isinstance(answer, dict) or answer is None else {},
            **fields,
        )
        return Response(DecidedOut(result).data)


class ReviewRelease(ReviewerView):
    scopes = {"POST": "review:write"}

    @describe(request=ReviewIn, responses=ReviewStateOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Give the item back undecided. The time is paid."""
        project = project_for_worker(self.user, project_id)
        release_review(reviewer=self.user, review_id=self.checked(ReviewIn)["review"])
        return self.shown(None, project.pk)


class Adjudications(ProjectView):
    scopes = {"GET": "quality:read"}
    paged = True

    @describe(responses=page_of(AdjudicationOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """The decisions that stand, newest first, under nobody's name."""
        found = current_adjudications(self.project(project_id).pk).select_related("reason")
        return self.page(found, AdjudicationOut)


class Reviewers(ProjectView):
    scopes = {"GET": "projects:read", "POST": "projects:write"}
    paged = True

    @describe(responses=page_of(ReviewerOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Who reviews now."""
        return self.page(reviewers_of(self.project(project_id)), ReviewerOut, ordering=("id",))

    @describe(request=ReviewerIn, responses=ReviewerOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Let somebody who takes part in the project review, too."""
        email = self.checked(ReviewerIn)["email"]
        named = name_reviewer(actor=self.user, project=self.project(project_id), email=email)
        return Response(ReviewerOut(named).data)


class ReviewerEnd(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=None, responses=ReviewerOut)
    def post(self, request: Request, project_id: uuid.UUID, reviewer_id: int) -> Response:
        """Offer this person no more reviews. The one in their hands is finished and paid."""
        ended = end_reviewer(actor=self.user, project=self.project(project_id), reviewer_id=reviewer_id)
        return Response(ReviewerOut(ended).data)
