"""Shapes of what the API takes and gives. Money and milliseconds are strings of digits, never floats."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.models import SkipReason

_INDEXES = {"type": "array", "items": {"type": "integer", "minimum": 0}}


class Tab(serializers.Serializer[Any]):
    tab = serializers.RegexField(r"^[A-Za-z0-9_-]{0,64}$", required=False, allow_blank=True, default="")


class AcceptIn(Tab):
    document = serializers.UUIDField()


@extend_schema_field({"type": "array", "items": _INDEXES})
class Groups(serializers.JSONField):
    """Lists of indexes. JSON as it came: `annotation.ranking.parse` checks it and names every mistake."""


@extend_schema_field(_INDEXES)
class Indexes(serializers.JSONField):
    """A list of indexes, checked by `annotation.ranking.parse` too."""


class SubmitIn(serializers.Serializer[Any]):
    """`groups` best first, ties together; every completion is named by its index, exactly once."""

    lease = serializers.UUIDField()
    groups = Groups(help_text="[[2], [0, 3]]: completion 2 is best, 0 and 3 are tied")
    unacceptable = Indexes(help_text="[1]: below every group")
    key = serializers.CharField(min_length=8, max_length=64)
    note = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=4000, trim_whitespace=False
    )


class SkipIn(serializers.Serializer[Any]):
    lease = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=SkipReason.choices)
    key = serializers.CharField(min_length=8, max_length=64)


class ShownOut(serializers.Serializer[Any]):
    place = serializers.IntegerField()
    index = serializers.IntegerField()
    text = serializers.CharField()


class LeaseOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="lease_id")
    prompt = serializers.CharField()
    completions = ShownOut(many=True, help_text="in the order in which this worker sees them")
    taken_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ClockOut(serializers.Serializer[Any]):
    state = serializers.CharField()
    category = serializers.CharField(allow_blank=True, allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    session_ms = serializers.CharField()
    earned_today_micro = serializers.CharField()
    currency = serializers.CharField(allow_blank=True, allow_null=True)
    hourly_micro = serializers.CharField(allow_null=True)


class DocumentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.CharField()
    sha256 = serializers.CharField()


class WorkOut(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    title = serializers.CharField()
    k = serializers.IntegerField()
    simulated = serializers.BooleanField()
    step = serializers.CharField(help_text="join, terms, guidelines, start, break, rank, waiting or closed")
    document = DocumentOut(allow_null=True)
    lease = LeaseOut(allow_null=True)
    clock = ClockOut()
    clock_token = serializers.CharField(help_text="goes into the body of beats")


class NextOut(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="leased, or waiting where nothing can be offered now")
    lease = LeaseOut(allow_null=True)


class SubmitOut(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="counted, surplus (paid all the same) or replayed")
    ballot = serializers.UUIDField()


class SkipOut(serializers.Serializer[Any]):
    status = serializers.CharField()
    lease = serializers.UUIDField()


class ProjectOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.CharField()
    paused_reason = serializers.CharField(allow_blank=True)
    simulated = serializers.BooleanField()
    k = serializers.IntegerField()
    overlap = serializers.IntegerField()
    overlap_percent = serializers.IntegerField()
    languages = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class ProgressOut(serializers.Serializer[Any]):
    prompts = serializers.IntegerField()
    items = serializers.IntegerField()
    items_open = serializers.IntegerField()
    items_done = serializers.IntegerField()
    ballots_wanted = serializers.IntegerField()
    ballots_counted = serializers.IntegerField()
    ballots_surplus = serializers.IntegerField()
    skips = serializers.IntegerField()


class ProjectDetailOut(ProjectOut):
    progress = ProgressOut()
