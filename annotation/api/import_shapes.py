"""What the API of imports takes and gives."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.formats.readers.detection import SHAPE_NAMES
from annotation.formats.readers.records import Fields
from annotation.models import BadRows, Compensated, Consent, PersonalData, Source, Upload, UploadState
from annotation.services.sources import Source as Answers
from annotation.services.uploads import MAX_NAME, Reading


class FileIn(serializers.Serializer[Any]):
    """As multipart/form-data. Or send the bytes themselves, with their name in the header X-Filename."""

    file = serializers.FileField()


class SourceIn(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=300, help_text="where the texts come from"
    )
    creator = serializers.CharField(max_length=300)
    obtained = serializers.CharField(max_length=500)
    licence = serializers.CharField(max_length=120)
    consent = serializers.ChoiceField(Consent.choices)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    ai_txt_checked_on = serializers.DateField(required=False, allow_null=True)
    robots_txt_checked_on = serializers.DateField(required=False, allow_null=True)
    tdm_checked_on = serializers.DateField(required=False, allow_null=True)
    compensated = serializers.ChoiceField(Compensated.choices)
    compensation_micro = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    compensation_currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    personal_data = serializers.ChoiceField(PersonalData.choices)


class SourceOut(serializers.ModelSerializer[Source]):
    evidence = serializers.SerializerMethodField()

    class Meta:
        model = Source
        fields = (
            "id", "title", "creator", "obtained", "licence", "consent", "reason", "ai_txt_checked_on",
            "robots_txt_checked_on", "tdm_checked_on", "compensated", "compensation_micro",
            "compensation_currency", "personal_data", "created_at", "evidence",
        )  # fmt: skip

    def get_evidence(self, source: Source) -> list[str]:
        """The sha256 of each file of evidence."""
        return [file.sha256 for file in source.evidence.all()]


class ReadingIn(serializers.Serializer[Any]):
    """How the file is read. A blank field means the usual name, where it is there."""

    shape = serializers.ChoiceField(list(SHAPE_NAMES.items()))
    text = serializers.CharField(required=False, allow_blank=True, max_length=MAX_NAME)
    group = serializers.CharField(required=False, allow_blank=True, max_length=MAX_NAME)
    language = serializers.CharField(required=False, allow_blank=True, max_length=MAX_NAME)
    completions = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NAME), required=False, max_length=50
    )
    metadata = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NAME), required=False, max_length=50
    )
    candidates = serializers.BooleanField(default=False, help_text="open the completions for ranking")
    labels = serializers.BooleanField(default=False, help_text="keep the file's judgements as outside labels")
    bad_rows = serializers.ChoiceField(BadRows.choices, default=BadRows.REFUSE)


COUNTED = ("rows", "bad", "new", "repeated", "labels_kept", "opened")


class CountsOut(serializers.Serializer[Any]):
    """What was counted so far; a number that is not known yet is missing."""

    rows = serializers.IntegerField(required=False)
    bad = serializers.IntegerField(required=False)
    new = serializers.IntegerField(required=False, help_text="prompts that came in")
    repeated = serializers.IntegerField(required=False)
    labels_kept = serializers.IntegerField(required=False)
    opened = serializers.IntegerField(required=False, help_text="items")


class ImportOut(serializers.ModelSerializer[Upload]):
    state = serializers.ChoiceField(UploadState.choices)
    shape = serializers.CharField(source="file_format")
    reading = serializers.JSONField(source="mapping")
    counts = serializers.SerializerMethodField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    done = serializers.IntegerField(source="job.done", default=None, allow_null=True)
    total = serializers.IntegerField(source="job.total", default=None, allow_null=True)
    source = serializers.UUIDField(source="source_id", allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Upload
        fields = (
            "id", "filename", "size", "sha256", "state", "shape", "reading", "brings", "bad_rows", "counts", "error",
            "source", "job", "done", "total", "created_at", "ended_at",
        )  # fmt: skip

    @extend_schema_field(CountsOut)  # type: ignore[untyped-decorator]
    def get_counts(self, upload: Upload) -> dict[str, int]:
        return {name: upload.counts[name] for name in COUNTED if name in upload.counts}


class RowOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    prompt = serializers.CharField()
    group = serializers.CharField()
    language = serializers.CharField()
    completions = serializers.ListField(child=serializers.CharField(), default=[])


class ProblemOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    field = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class PreviewOut(serializers.Serializer[Any]):
    looks = serializers.CharField()
    names = serializers.ListField(child=serializers.CharField())
    rows = serializers.IntegerField(help_text="good ones among those looked at")
    problems = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="the whole file was looked at")
    with_completions = serializers.IntegerField()
    with_answers = serializers.IntegerField()
    sample = RowOut(many=True)
    bad = ProblemOut(many=True)


class ProblemsOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    first = ProblemOut(many=True)


def answers(body: dict[str, Any]) -> Answers:
    return Answers(**body)


def reading(body: dict[str, Any]) -> Reading:
    return Reading(
        shape=body["shape"],
        fields=Fields(
            text=body.get("text", ""),
            group=body.get("group", ""),
            language=body.get("language", ""),
            completions=tuple(body.get("completions", ())),
            metadata=tuple(body.get("metadata", ())),
        ),
        candidates=body["candidates"],
        labels=body["labels"],
        bad_rows=body["bad_rows"],
    )
