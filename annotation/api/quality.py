"""The engineer's API of quality: snapshots of figures, agreement by item, the consensus of one item."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.projects import ProjectView
from annotation.models import Item, ItemQuality
from annotation.quality.consensus import plackett_luce
from annotation.quality.verdict import consensus
from annotation.selectors.quality import newest_snapshot, running_job, snapshots
from annotation.selectors.rated import judged_ballots
from annotation.services.quality import request_quality
from byhand.errors import NotFound
from byhand.rest.schema import describe, page_of


class SnapshotOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    method = serializers.CharField(help_text="names the formulas; figures of one method can be compared")
    as_of = serializers.DateTimeField(help_text="ballots given later are not in the figures")
    items = serializers.IntegerField()
    ballots = serializers.IntegerField()
    figures = serializers.JSONField(help_text="docs/how-it-works/quality.md says what each figure means")


class QualityOut(serializers.Serializer[Any]):
    snapshot = SnapshotOut(allow_null=True)
    job = serializers.UUIDField(allow_null=True, help_text="what computes new figures now")


class QualityJobOut(serializers.Serializer[Any]):
    job = serializers.UUIDField()
    state = serializers.CharField()


class AgreementFilters(serializers.Serializer[Any]):
    needs_review = serializers.BooleanField(required=False, allow_null=True, default=None)


class AgreementOut(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="item_id")
    ballots = serializers.IntegerField()
    tau = serializers.FloatField(allow_null=True, help_text="mean pairwise Kendall tau-b; null: undefined")
    entropy = serializers.FloatField(allow_null=True, help_text="0: all say the same; 1: as split as can be")
    cycle = serializers.BooleanField()
    needs_review = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    computed_at = serializers.DateTimeField()


class StrengthsOut(serializers.Serializer[Any]):
    values = serializers.ListField(
        child=serializers.FloatField(), help_text="log strengths, mean 0, by index"
    )
    low = serializers.ListField(child=serializers.FloatField(), help_text="95 % interval")
    high = serializers.ListField(child=serializers.FloatField())
    open_pairs = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="pairs of which these ballots can't tell which is better",
    )


class ConsensusOut(serializers.Serializer[Any]):
    ballots = serializers.IntegerField()
    groups = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    unacceptable = serializers.ListField(child=serializers.IntegerField())
    bradley_terry = StrengthsOut(help_text="what `groups` follows from")
    plackett_luce = StrengthsOut(help_text="as a reward model sees the same ballots")
    cycles = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    level_pairs = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))


class Quality(ProjectView):
    scopes = {"GET": "quality:read", "POST": "projects:write"}

    @describe(responses=QualityOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """The newest figures, and the job that computes new ones if there is one."""
        project = self.project(project_id)
        job = running_job(project)
        shown = {"snapshot": newest_snapshot(project), "job": job.pk if job else None}
        return Response(QualityOut(shown).data)

    @describe(request=None, responses={202: QualityJobOut})
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Compute new figures. While a job for it is open, that one is returned."""
        job = request_quality(actor=self.user, project=self.project(project_id))
        return Response({"job": str(job.pk), "state": job.state}, status=202)


class Snapshots(ProjectView):
    scopes = {"GET": "quality:read"}
    paged = True

    @describe(responses=page_of(SnapshotOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """All figures ever computed, newest first. They never change."""
        return self.page(snapshots(self.project(project_id)), SnapshotOut, ordering=("-as_of", "-id"))


class Agreement(ProjectView):
    scopes = {"GET": "quality:read"}
    filters = AgreementFilters
    paged = True

    @describe(responses=page_of(AgreementOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """How far people agree on each item, as the newest computation saw it."""
        found = ItemQuality.objects.filter(project=self.project(project_id))
        wanted = self.query().get("needs_review")
        if wanted is not None:
            found = found.filter(needs_review=wanted)
        return self.page(found, AgreementOut, ordering=("item",))


class ItemConsensus(ProjectView):
    scopes = {"GET": "quality:read"}

    @describe(responses=ConsensusOut)
    def get(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        """What the ballots of one item come to now. Ties are said, never broken."""
        project = self.project(project_id)
        if not Item.objects.filter(pk=item_id, project=project).exists():
            raise NotFound("No such item.")
        judged = judged_ballots(item_id)
        if not judged:
            raise NotFound("Nobody has ranked this item yet.")
        found = consensus(judged, project.k)
        shown = {
            "ballots": len(judged),
            "groups": found.groups,
            "unacceptable": found.unacceptable,
            "bradley_terry": found.strengths,
            "plackett_luce": plackett_luce([one.order for one in judged], project.k),
            "cycles": found.majorities.cycles,
            "level_pairs": found.majorities.level_pairs,
        }
        return Response(ConsensusOut(shown).data)
