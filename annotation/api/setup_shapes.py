"""Shapes of the set-up of a project and of what people see before they rank. Money in strings of digits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.models import DocumentKind, ItemRole

USES = [ItemRole.GOLD.value, ItemRole.QUALIFICATION.value]


class ReasonOut(serializers.Serializer[Any]):
    step = serializers.CharField(help_text="page of the set-up on which it is mended")
    text = serializers.CharField()


class EstimateOut(serializers.Serializer[Any]):
    """Half of `ballots` rankings took at most `median_ms`, three quarters at most `p75_ms`."""

    median_ms = serializers.CharField()
    p75_ms = serializers.CharField()
    ballots = serializers.IntegerField()
    measured_at = serializers.DateTimeField(allow_null=True)


class FundingOut(serializers.Serializer[Any]):
    currency = serializers.CharField()
    hourly_micro = serializers.CharField()
    declared_floor_micro = serializers.CharField()
    ballots = serializers.IntegerField(help_text="rankings that the worst case counts")
    worst_micro = serializers.CharField()
    left_micro = serializers.CharField()
    missing_micro = serializers.CharField()
    covers = serializers.IntegerField(allow_null=True, help_text="rankings that the rest pays for at p75_ms")


class SetupOut(serializers.Serializer[Any]):
    """What is missing before people may work, and the figures behind it."""

    missing = ReasonOut(many=True)
    missing_for_pilot = ReasonOut(many=True)
    bound = serializers.DictField(
        child=serializers.CharField(), help_text="settings that stand fast, and why"
    )
    estimate = EstimateOut(allow_null=True)
    pilot_counted = serializers.IntegerField()
    funding = FundingOut(allow_null=True)


class PayIn(serializers.Serializer[Any]):
    """The first rate and the floor. The currency and the floor are final; later rates are a steward's."""

    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217")
    hourly_micro = serializers.IntegerField(min_value=0, max_value=10**15)
    declared_floor_micro = serializers.IntegerField(min_value=0, max_value=10**15)


class DocumentIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(DocumentKind.choices)
    text = serializers.CharField(max_length=60_000, trim_whitespace=False)
    change_note = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class VersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    version = serializers.IntegerField()
    text = serializers.CharField()
    change_note = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()


class KnownAnswerIn(serializers.Serializer[Any]):
    """What is beyond doubt about an item; completions are named by their index."""

    use = serializers.ChoiceField(USES)
    better = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        max_length=36,
        required=False,
        default=list,
        help_text="[[0, 2]]: completion 0 stands above completion 2",
    )
    unacceptable = serializers.ListField(
        child=serializers.IntegerField(), max_length=9, required=False, default=list
    )
    explanation = serializers.CharField(max_length=4000)


class KnownAnswerOut(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="item_id")
    use = serializers.CharField(source="item.role")
    better = serializers.JSONField()
    unacceptable = serializers.JSONField()
    explanation = serializers.CharField()
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class WarningIn(serializers.Serializer[Any]):
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="of the warning that was shown")


class GoOnIn(serializers.Serializer[Any]):
    lease = serializers.UUIDField()


class OfferOut(serializers.Serializer[Any]):
    """All that is said before anybody takes work."""

    payer = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    relation = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    hourly_micro = serializers.CharField(allow_null=True)
    estimate = EstimateOut(allow_null=True)
    ranking_micro = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="of one ranking: at median_ms, at p75_ms"
    )
    languages = serializers.ListField(child=serializers.CharField())
    content_warning = serializers.CharField(allow_blank=True)
    warning_sha256 = serializers.CharField(allow_null=True)
    support_contact = serializers.CharField(allow_blank=True)
    exposure_ms = serializers.CharField(allow_null=True)
    bytes_per_item = serializers.IntegerField()
    bytes_per_hour = serializers.IntegerField(allow_null=True)


class PointOut(serializers.Serializer[Any]):
    upper = serializers.IntegerField(help_text="place on this person's page, from 1")
    lower = serializers.IntegerField()
    met = serializers.BooleanField()


class FeedbackOut(serializers.Serializer[Any]):
    lease = serializers.UUIDField(source="lease_id")
    right = serializers.IntegerField()
    known = serializers.IntegerField()
    skipped = serializers.BooleanField()
    orders = PointOut(many=True)
    unacceptable = serializers.JSONField(help_text="[[place, met], ...]")
    explanation = serializers.CharField()


class QualificationOut(serializers.Serializer[Any]):
    """Where the person stands. `feedback` is what was expected of the item answered last, until they read on."""

    phase = serializers.CharField(help_text="not_asked, item, feedback, try_again, passed or failed")
    attempt = serializers.IntegerField()
    tries_left = serializers.IntegerField()
    number = serializers.IntegerField()
    items = serializers.IntegerField()
    feedback = FeedbackOut(allow_null=True)
