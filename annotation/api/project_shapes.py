"""Shapes of projects and of how far they are. Money and milliseconds are strings of digits, never floats."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.answer_parts import DIMENSIONS
from annotation.models import ProjectState

_MS: dict[str, Any] = {"min_value": 0, "max_value": 2**53, "required": False}


class ProjectFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(ProjectState.choices, required=False)


class ProjectSettings(serializers.Serializer[Any]):
    """What an engineer decides about a project. Every field may be left out of a change; null where it says so."""

    title = serializers.CharField(max_length=200, required=False)
    k = serializers.IntegerField(min_value=2, max_value=9, required=False)
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    overlap_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)
    lease_ms = serializers.IntegerField(**_MS)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=35), max_length=20, required=False
    )
    top_m = serializers.IntegerField(
        min_value=1, max_value=8, allow_null=True, required=False, help_text="null: a full order is asked"
    )
    asks_strength = serializers.BooleanField(required=False)
    dimensions = serializers.ListField(
        child=serializers.ChoiceField(sorted(DIMENSIONS)), max_length=len(DIMENSIONS), required=False
    )
    content_warning = serializers.CharField(allow_blank=True, max_length=2000, required=False)
    support_contact = serializers.CharField(allow_blank=True, max_length=2000, required=False)
    exposure_ms = serializers.IntegerField(allow_null=True, **_MS)
    target_ballots = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, required=False
    )
    gold_percent = serializers.IntegerField(min_value=0, max_value=50, required=False)
    repeat_percent = serializers.IntegerField(min_value=0, max_value=50, required=False)
    repeat_after_ms = serializers.IntegerField(**_MS)
    pilot_ballots = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    qualification_pass_percent = serializers.IntegerField(
        min_value=1, max_value=100, allow_null=True, required=False
    )
    qualification_retries = serializers.IntegerField(min_value=0, max_value=9, required=False)


class NewProject(ProjectSettings):
    """`id` is the client's own UUID: sent again, the same project is answered and none is made twice."""

    id = serializers.UUIDField(required=False)
    organisation = serializers.UUIDField()
    title = serializers.CharField(max_length=200)
    k = serializers.IntegerField(min_value=2, max_value=9)
    overlap = serializers.IntegerField(min_value=1, max_value=50)


class Words(serializers.Serializer[Any]):
    words = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=1000,
        help_text="what annotators read about it",
    )


class ProjectOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    organisation = serializers.UUIDField(source="organisation_id")
    state = serializers.CharField()
    paused_reason = serializers.CharField(allow_blank=True)
    simulated = serializers.BooleanField()
    k = serializers.IntegerField()
    overlap = serializers.IntegerField()
    overlap_percent = serializers.IntegerField()
    languages = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class ProjectDetailOut(ProjectOut):
    """A project with all its settings. How far it is has an address of its own, so that this ETag stays."""

    lease_ms = serializers.IntegerField()
    top_m = serializers.IntegerField(allow_null=True)
    asks_strength = serializers.BooleanField()
    dimensions = serializers.ListField(child=serializers.CharField())
    content_warning = serializers.CharField(allow_blank=True)
    support_contact = serializers.CharField(allow_blank=True)
    exposure_ms = serializers.IntegerField(allow_null=True)
    target_ballots = serializers.IntegerField(allow_null=True)
    gold_percent = serializers.IntegerField()
    repeat_percent = serializers.IntegerField()
    repeat_after_ms = serializers.IntegerField()
    pilot_ballots = serializers.IntegerField()
    qualification_pass_percent = serializers.IntegerField(allow_null=True)
    qualification_retries = serializers.IntegerField()


class ProgressCountsOut(serializers.Serializer[Any]):
    prompts = serializers.IntegerField()
    items = serializers.IntegerField()
    items_open = serializers.IntegerField()
    items_done = serializers.IntegerField()
    ballots_wanted = serializers.IntegerField()
    ballots_counted = serializers.IntegerField()
    ballots_surplus = serializers.IntegerField()
    skips = serializers.IntegerField()
    people = serializers.IntegerField()


class StretchOut(serializers.Serializer[Any]):
    starts = serializers.DateTimeField()
    ballots = serializers.IntegerField(allow_null=True, help_text="null: fewer than three people worked")
    worked_ms = serializers.CharField(allow_null=True)


class CategoryOut(serializers.Serializer[Any]):
    category = serializers.CharField()
    ms = serializers.CharField()


class SpentOut(serializers.Serializer[Any]):
    ms = serializers.CharField()
    earned_micro = serializers.CharField()


class RangeOut(serializers.Serializer[Any]):
    low = serializers.FloatField()
    middle = serializers.FloatField()
    high = serializers.FloatField()


class ForecastOut(serializers.Serializer[Any]):
    assumption = serializers.CharField(help_text="in words")
    remaining = serializers.IntegerField()
    stretches = serializers.IntegerField()
    stretch_hours = serializers.FloatField()
    per_stretch = RangeOut()
    earliest = serializers.DateTimeField()
    expected = serializers.DateTimeField()
    latest = serializers.DateTimeField(allow_null=True, help_text="null: at the slow end it never ends")
    spend_micro = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="least, expected, most"
    )


class ProgressOut(serializers.Serializer[Any]):
    """Totals of a project, as of `at`. What fewer than three people did is null, never a small number."""

    at = serializers.DateTimeField()
    counted_at = serializers.DateTimeField(source="counted.at")
    counts = ProgressCountsOut(source="counted.progress")
    hours = StretchOut(many=True)
    days = StretchOut(many=True)
    categories = CategoryOut(many=True)
    currency = serializers.CharField(allow_blank=True)
    spent = SpentOut(allow_null=True)
    cost_micro = serializers.CharField(allow_null=True, help_text="of one ranking that counts")
    forecast = ForecastOut(allow_null=True)
    flagged_items = serializers.IntegerField(source="flagged")
    items_to_review = serializers.IntegerField(source="to_review")
