"""Shapes of what engineers read: projects, items, prompts, ballots. No account, no hour, no duration, no pay."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from annotation.api.serializers import Groups, Indexes
from annotation.models import Ballot, ItemRole, Prompt
from annotation.selectors.browsing import LEAST_BEGINNING, MOST_BEGINNING
from annotation.services.priorities import LEAST, MOST

BEGINNING = 200


class _Day(serializers.DateField):
    """A day, as 2026-03-02. Never finer: an hour beside a pseudonym would show how fast a person is."""


class ItemFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        ["open", "done"], required=False, help_text="open: rankings are still wanted; done: all are there"
    )
    role = serializers.ChoiceField(ItemRole.choices, required=False)
    import_id = serializers.UUIDField(required=False)
    group = serializers.CharField(required=False, max_length=120, help_text="a prompt group")
    begins = serializers.CharField(
        required=False,
        min_length=LEAST_BEGINNING,
        max_length=MOST_BEGINNING,
        trim_whitespace=False,
        help_text="how the prompt begins, in capitals or not",
    )
    flagged = serializers.BooleanField(required=False, allow_null=True, default=None)
    needs_review = serializers.BooleanField(required=False, allow_null=True, default=None)
    most_tau = serializers.FloatField(
        required=False, min_value=-1, max_value=1, help_text="rankings agree at most so far (Kendall tau-b)"
    )


class PromptFilters(serializers.Serializer[Any]):
    import_id = serializers.UUIDField(required=False)
    group = serializers.CharField(required=False, max_length=120)
    begins = serializers.CharField(
        required=False, min_length=LEAST_BEGINNING, max_length=MOST_BEGINNING, trim_whitespace=False
    )


class BallotFilters(serializers.Serializer[Any]):
    item = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    from_day = _Day(required=False, help_text="given on this day (UTC) or later")
    to_day = _Day(required=False, help_text="given on this day (UTC) or earlier")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from_day"), attrs.get("to_day")
        if first and last and first > last:
            raise serializers.ValidationError({"to_day": ["Lies before from_day."]})
        return attrs


class PromptOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    import_id = serializers.UUIDField(source="prompt_import_id")
    line = serializers.IntegerField(help_text="line of the imported file")
    group = serializers.CharField(source="prompt_group")
    language = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField()
    text = serializers.CharField()


class GenerationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    policy_name = serializers.CharField()
    policy_digest = serializers.CharField()
    sampling = serializers.DictField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ItemOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    role = serializers.CharField()
    priority = serializers.IntegerField(help_text="higher is offered first")
    state = serializers.SerializerMethodField()
    overlap = serializers.IntegerField(help_text="people who are to rank it")
    ballots = serializers.IntegerField(source="ballots_count", help_text="people whose ranking counts")
    generation = serializers.UUIDField(source="generation_id")
    prompt = serializers.IntegerField(source="prompt_id")
    group = serializers.CharField(source="prompt.prompt_group")
    beginning = serializers.SerializerMethodField(help_text=f"the first {BEGINNING} characters of the prompt")

    def get_state(self, item: Any) -> str:
        return "done" if item.ballots_count >= item.overlap else "open"

    def get_beginning(self, item: Any) -> str:
        return cast(Prompt, item.prompt).text[:BEGINNING]


class ItemChange(serializers.Serializer[Any]):
    priority = serializers.IntegerField(min_value=LEAST, max_value=MOST)


class CompletionOut(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="ballots name completions by it")
    text = serializers.CharField(allow_blank=True)
    finish_reason = serializers.CharField()
    seed = serializers.IntegerField()


@extend_schema_field({"type": "array", "items": {"type": "string", "nullable": True}})
class Strengths(serializers.JSONField):
    pass


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "integer", "nullable": True}},
    }
)
class Ratings(serializers.JSONField):
    pass


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "completion": {"type": "integer", "nullable": True}},
        },
    }
)
class Flags(serializers.JSONField):
    pass


BALLOT_EXAMPLE = {
    "id": "0d5a3c1e-5b0a-4c0b-9a55-6c2f1f6f3b10",
    "item": 17,
    "pseudonym": "heron-41",
    "standing": "counts",
    "day": "2026-03-02",
    "groups": [[2], [0, 3]],
    "unranked": [],
    "unacceptable": [1],
    "strengths": ["clear"],
    "ratings": {"accuracy": [4, 1, 5, 4]},
    "flags": [{"kind": "harmful", "completion": 1}],
    "shown_order": [3, 0, 2, 1],
    "note": None,
}


@extend_schema_serializer(examples=[OpenApiExample("a ranking", value=BALLOT_EXAMPLE, response_only=True)])
class BallotOut(serializers.Serializer[Any]):
    """A ranking as it was given, best first. Completions are named by their index."""

    id = serializers.UUIDField()
    item = serializers.IntegerField(source="item_id")
    pseudonym = serializers.CharField(help_text="of this project; it means nothing elsewhere")
    standing = serializers.CharField(help_text="counts, surplus (paid all the same), repeat or replaced")
    day = serializers.SerializerMethodField(help_text="UTC; never finer than a day")
    groups = Groups()
    unranked = Indexes()
    unacceptable = Indexes()
    strengths = Strengths()
    ratings = Ratings()
    flags = Flags()
    shown_order = Indexes(help_text="the order in which this person saw the completions")
    note = serializers.SerializerMethodField()

    def get_day(self, ballot: Any) -> date:
        return cast(Ballot, ballot).created_at.astimezone(UTC).date()

    def get_note(self, ballot: Any) -> str | None:
        return ballot.note.text if hasattr(ballot, "note") else None


class SkipOfItemOut(serializers.Serializer[Any]):
    pseudonym = serializers.CharField()
    reason = serializers.CharField()
    day = serializers.SerializerMethodField()

    def get_day(self, skip: Any) -> date:
        found: date = skip.created_at.astimezone(UTC).date()
        return found


class GoldOut(serializers.Serializer[Any]):
    better = Groups(help_text="[[i, j]]: i stands above j")
    unacceptable = Indexes()
    explanation = serializers.CharField()
    retired = serializers.SerializerMethodField()

    def get_retired(self, gold: Any) -> bool:
        return gold.retired_at is not None


class ItemQualityOut(serializers.Serializer[Any]):
    tau = serializers.FloatField(allow_null=True, help_text="mean pairwise Kendall tau-b; null: undefined")
    needs_review = serializers.BooleanField()
    computed_at = serializers.DateTimeField()


class ReviewRequestIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class ReviewRequestOut(serializers.Serializer[Any]):
    """An engineer asked for a second look; `closed_at` is when a reviewer had decided."""

    id = serializers.UUIDField()
    item = serializers.IntegerField(source="item_id")
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class DecisionOfItemOut(serializers.Serializer[Any]):
    decision = serializers.CharField(help_text="ballot, consensus, ranking or unrankable")
    answer = serializers.JSONField(allow_null=True, help_text="in the shape of a ballot; null: not rankable")
    reason = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_reason(self, made: Any) -> str:
        return made.reason.text if hasattr(made, "reason") else ""


class ItemDetailOut(serializers.Serializer[Any]):
    item = ItemOut()
    text = serializers.CharField(source="item.prompt.text", help_text="of the prompt")
    completions = CompletionOut(many=True)
    ballots = BallotOut(many=True)
    skips = SkipOfItemOut(many=True)
    gold = GoldOut(allow_null=True)
    quality = ItemQualityOut(allow_null=True)
    decision = DecisionOfItemOut(allow_null=True, help_text="the reviewer's decision that stands")
    review_asked = ReviewRequestOut(allow_null=True, help_text="by an engineer, and not decided yet")
