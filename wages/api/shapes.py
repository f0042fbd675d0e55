"""Shapes of rates, terms and payers. Money comes in as text of the major unit ("18.50"), and goes out as micro-units
in strings of digits; milliseconds are strings too. Nothing is ever a float.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from wages.models import Basis, Relation
from wages.models.terms import DISPUTE_YEARS, RETENTION_YEARS

_AMOUNT: dict[str, Any] = {"max_length": 30, "required": False, "help_text": "major unit, such as 18.50"}
_PERMILLE: dict[str, Any] = {
    "required": False,
    "default": 0,
    "min_value": -(2**31),
    "max_value": 2**31 - 1,
    "help_text": "parts per thousand",
}


class NewRateCard(serializers.Serializer[Any]):
    """All terms of a card; what is left out is as by default. It begins at `valid_from`, or now."""

    hourly = serializers.CharField(max_length=30, help_text="major unit, such as 18.50")
    basis = serializers.CharField(max_length=8, required=False, default=Basis.HOURLY.value)
    piece = serializers.CharField(**{**_AMOUNT, "allow_null": True})
    night_permille = serializers.IntegerField(**_PERMILLE)
    weekend_permille = serializers.IntegerField(**_PERMILLE)
    overtime_permille = serializers.IntegerField(**_PERMILLE)
    overtime_after_ms = serializers.IntegerField(required=False, allow_null=True)
    bonus = serializers.CharField(**_AMOUNT)
    bonus_after_ms = serializers.IntegerField(required=False, allow_null=True)
    valid_from = serializers.DateTimeField(required=False)


class RateCardOut(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    basis = serializers.ChoiceField(Basis.choices)
    currency = serializers.CharField(source="project.currency")
    hourly_micro = serializers.CharField()
    piece_micro = serializers.CharField(allow_null=True)
    night_permille = serializers.IntegerField()
    weekend_permille = serializers.IntegerField()
    overtime_permille = serializers.IntegerField()
    overtime_after_ms = serializers.CharField(allow_null=True)
    bonus_micro = serializers.CharField()
    bonus_after_ms = serializers.CharField(allow_null=True)
    valid_from = serializers.DateTimeField(source="period.lower")
    valid_to = serializers.DateTimeField(source="period.upper", allow_null=True)


class NewTerms(serializers.Serializer[Any]):
    """All terms; what is left out is as by default, not as before."""

    countries = serializers.ListField(child=serializers.CharField(max_length=20), max_length=400)
    overhead = serializers.CharField(**_AMOUNT)
    data_hourly = serializers.CharField(**_AMOUNT)
    platform_fee_permille = serializers.IntegerField(**_PERMILLE)
    payment_fee_permille = serializers.IntegerField(**_PERMILLE)
    contributions_permille = serializers.IntegerField(**_PERMILLE)
    fx_spread_permille = serializers.IntegerField(**_PERMILLE)
    appeal_contact = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    retention_years = serializers.IntegerField(required=False, default=RETENTION_YEARS)
    dispute_years = serializers.IntegerField(required=False, default=DISPUTE_YEARS)


class TermsOut(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    countries = serializers.ListField(child=serializers.CharField())
    overhead_micro = serializers.CharField()
    data_hourly_micro = serializers.CharField()
    platform_fee_permille = serializers.IntegerField()
    payment_fee_permille = serializers.IntegerField()
    contributions_permille = serializers.IntegerField()
    fx_spread_permille = serializers.IntegerField()
    appeal_contact = serializers.CharField()
    retention_years = serializers.IntegerField()
    dispute_years = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class NewPool(serializers.Serializer[Any]):
    """Who pays a pool; a new name makes a new pool, and the first pool of a project is its default."""

    name = serializers.CharField(max_length=100)
    legal_entity = serializers.CharField(max_length=200)
    country = serializers.CharField(max_length=20)
    relation = serializers.CharField(max_length=16)
    since = serializers.DateField(required=False)


class NewIntermediary(serializers.Serializer[Any]):
    """An intermediary of a pool as it stands from now on."""

    legal_entity = serializers.CharField(max_length=200)
    country = serializers.CharField(max_length=20)
    currency = serializers.CharField(max_length=10)
    contract = serializers.CharField(max_length=30, help_text="major unit of its currency")
    attested = serializers.BooleanField(required=False, default=False)
    evidence = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    place = serializers.IntegerField(required=False, default=1)
    ended = serializers.BooleanField(required=False, default=False)


class IntermediaryOut(serializers.Serializer[Any]):
    legal_entity = serializers.CharField()
    country = serializers.CharField()
    currency = serializers.CharField()
    contract_micro = serializers.CharField()
    attested = serializers.BooleanField()
    evidence = serializers.CharField()
    place = serializers.IntegerField()
    ended = serializers.BooleanField()


class PoolOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pool.pk")
    name = serializers.CharField()
    is_default = serializers.BooleanField(source="pool.is_default")
    legal_entity = serializers.CharField(source="version.legal_entity", allow_null=True, default=None)
    country = serializers.CharField(source="version.country", allow_null=True, default=None)
    relation = serializers.ChoiceField(
        Relation.choices, source="version.relation", allow_null=True, default=None
    )
    since = serializers.DateField(source="version.since", allow_null=True, default=None)
    intermediaries = IntermediaryOut(many=True)
