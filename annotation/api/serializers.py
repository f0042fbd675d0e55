"""Shapes of what the API takes and gives. Money and milliseconds are strings of digits, never floats."""

from __future__ import annotations

from typing import Any, cast

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
    """Lists of indexes. JSON as it came: `annotation.ranking.parse_answer` checks it and names every mistake."""


@extend_schema_field(_INDEXES)
class Indexes(serializers.JSONField):
    """A list of indexes, checked by `annotation.ranking.parse_answer` too."""


class Parts(serializers.JSONField):
    """Strengths, ratings or flags as they came: `annotation.ranking.parse_answer` checks them."""


class Made(serializers.Serializer[Any]):
    """When an act was made, so that one from an offline queue is paid up to then, and what appeared after it."""

    showing = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="the lease, held in advance, that is on screen now",
    )
    elapsed_ms = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=2**53 - 1,
        help_text="from stamp_ms to the act, by a monotonic clock; what does not fit before the arrival is cut",
    )
    stamp_ms = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=253_402_300_799_999,
        help_text="a time that the server told, in milliseconds since 1970",
    )


class ReplaceIn(serializers.Serializer[Any]):
    """`groups` best first, ties together; every completion is named by its index, exactly once."""

    lease = serializers.UUIDField()
    groups = Groups(help_text="[[2], [0, 3]]: completion 2 is best, 0 and 3 are tied")
    unranked = Indexes(
        required=False, default=cast(Any, list), help_text="below every group, where a partial order is asked"
    )
    unacceptable = Indexes(help_text="[1]: below everything")
    strengths = Parts(required=False, help_text='["clear", null]: one per boundary between groups')
    ratings = Parts(required=False, help_text='{"accuracy": [4, null, 2]}: by completion')
    flags = Parts(required=False, help_text='[{"kind": "harmful", "completion": 1}]; null: the item')
    key = serializers.CharField(min_length=8, max_length=64)
    note = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=4000, trim_whitespace=False
    )


class SubmitIn(ReplaceIn, Made):
    """`groups` best first, ties together; every completion is named by its index, exactly once."""


class SkipIn(Made):
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


class NoOfferOut(serializers.Serializer[Any]):
    """Why nothing new is offered to this person now: a cap, a target that is reached, a trial that is complete."""

    reason = serializers.CharField()
    words = serializers.CharField()
    possible_at = serializers.DateTimeField(
        allow_null=True, help_text="from when on an offer is possible again"
    )


class WorkOut(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    title = serializers.CharField()
    k = serializers.IntegerField()
    simulated = serializers.BooleanField()
    step = serializers.CharField(
        help_text="soon, join, warning, terms, guidelines, qualify, try_again, feedback, not_qualified, start, break, "
        "rank, waiting or closed"
    )
    document = DocumentOut(allow_null=True)
    lease = LeaseOut(allow_null=True)
    clock = ClockOut()
    clock_token = serializers.CharField(help_text="goes into the body of beats")
    no_offer = NoOfferOut(allow_null=True)


class NextOut(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="leased, or waiting where nothing can be offered now")
    lease = LeaseOut(allow_null=True)
    no_offer = NoOfferOut(allow_null=True)


class SubmitOut(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="counted, surplus (paid all the same) or replayed")
    ballot = serializers.UUIDField()


class SkipOut(serializers.Serializer[Any]):
    status = serializers.CharField()
    lease = serializers.UUIDField()
