"""Forms of imports and of the source register. They shape input; the services decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings

from annotation.formats.readers.detection import SHAPE_NAMES
from annotation.formats.readers.records import Fields
from annotation.models import BadRows, Compensated, Consent, PersonalData
from annotation.services.sources import Source
from annotation.services.uploads import Preview, Reading
from byhand.errors import Invalid
from byhand.money import UnknownCurrency, parse_amount


class ChooseFile(forms.Form):
    file = forms.FileField(
        label="File",
        required=False,
        help_text="JSON lines, a JSON list, CSV, Parquet, Arrow, or a packed datasets folder.",
        widget=forms.FileInput(
            attrs={"accept": ".jsonl,.ndjson,.json,.csv,.tsv,.gz,.parquet,.arrow,.zip,.tar"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.IMPORT_FOLDER and (folder := Path(settings.IMPORT_FOLDER)).is_dir():
            names = sorted(path.name for path in folder.iterdir())
            self.fields["placed"] = forms.ChoiceField(
                label="Or a file that lies on the server",
                required=False,
                choices=[("", "None"), *((name, name) for name in names)],
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("file")) == bool(data.get("placed")):
            self.add_error("file", "Choose a file.")
        return data


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class SourceForm(forms.Form):
    """What the register asks of every import."""

    source = forms.CharField(
        label="Where the texts come from",
        max_length=300,
        help_text="In a line, such as the name of the data set.",
    )
    creator = forms.CharField(
        label="Who wrote them", max_length=300, help_text="People, a company, or the model that wrote them."
    )
    obtained = forms.CharField(
        label="How you obtained them",
        max_length=500,
        help_text="Such as “bought”, “downloaded from …”, “typed in”.",
    )
    licence = forms.CharField(max_length=120, help_text="Such as CC-BY-4.0, or “own work”.")
    consent = forms.ChoiceField(
        choices=[("", "Choose…"), *Consent.choices], help_text="On what ground you may use them."
    )
    reason = forms.CharField(
        label="Reason, where nobody agreed",
        max_length=500,
        required=False,
        help_text="Needed for an opt-out, none or unknown. It is kept under your name, and reports print it.",
    )
    ai_txt_checked_on = _day("ai.txt was checked on")
    robots_txt_checked_on = _day("robots.txt was checked on")
    tdm_checked_on = _day("Text and data mining reservation was checked on")
    compensated = forms.ChoiceField(
        label="Was the creator paid for this use?", choices=[("", "Choose…"), *Compensated.choices]
    )
    compensation = forms.CharField(label="Amount paid", max_length=20, required=False)
    compensation_currency = forms.CharField(
        label="Currency of the amount", max_length=3, required=False, help_text="Three letters, such as USD."
    )
    personal_data = forms.ChoiceField(
        label="Personal data in the texts", choices=[("", "Choose…"), *PersonalData.choices]
    )
    evidence = forms.FileField(
        label="Evidence",
        required=False,
        help_text="A file that shows it, such as an agreement. Members of your organisation may fetch it.",
    )

    def answers(self) -> Source:
        data = dict(self.cleaned_data)
        data.pop("evidence", None)
        amount, currency = data.pop("compensation"), data["compensation_currency"].upper()
        try:
            micro = parse_amount(amount, currency) if amount else None
        except (UnknownCurrency, ValueError) as error:
            raise Invalid("The amount can't be read.", [f"compensation: {error}"]) from error
        return Source(**{**data, "compensation_micro": micro, "compensation_currency": currency})


class EvidenceForm(forms.Form):
    evidence = forms.FileField(label="File")


class ReadingForm(forms.Form):
    """How the file is read: its shape, which field holds what, and what is kept beside the prompts."""

    shape = forms.ChoiceField(
        label="Read it as", choices=[(key, name[:1].upper() + name[1:]) for key, name in SHAPE_NAMES.items()]
    )
    text = forms.ChoiceField(label="Prompt", required=False)
    group = forms.ChoiceField(
        label="Prompt group",
        required=False,
        help_text="Prompts of one group stay on one side of a dataset split.",
    )
    language = forms.ChoiceField(label="Language", required=False)
    completions = forms.MultipleChoiceField(
        label="Candidate completions",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="One field with a list of texts, or one field a completion.",
    )
    metadata = forms.MultipleChoiceField(
        label="Kept beside the prompt", required=False, widget=forms.CheckboxSelectMultiple
    )
    candidates = forms.BooleanField(label="Have the completions ranked here", required=False)
    labels = forms.BooleanField(
        label="Keep the file's own judgements",
        required=False,
        help_text="As outside labels: marked, without wages, never counted as ballots.",
    )
    bad_rows = forms.ChoiceField(
        label="If rows are bad", choices=BadRows.choices, widget=forms.RadioSelect, initial=BadRows.REFUSE
    )

    def __init__(self, *args: Any, shown: Preview, **kwargs: Any) -> None:
        reading = shown.reading
        initial = {
            "shape": reading.shape,
            "text": reading.fields.text,
            "group": reading.fields.group,
            "language": reading.fields.language,
            "completions": list(reading.fields.completions),
            "metadata": list(reading.fields.metadata),
            "candidates": reading.candidates,
            "labels": reading.labels,
            "bad_rows": reading.bad_rows,
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        used = [reading.fields.text, reading.fields.group, reading.fields.language]
        used += [*reading.fields.completions, *reading.fields.metadata]
        names = list(dict.fromkeys([*shown.names, *filter(None, used)]))
        for name in ("text", "group", "language"):
            blank = ("", "The usual name, if it is there" if name != "language" else "Not said")
            cast(forms.ChoiceField, self.fields[name]).choices = [blank, *((one, one) for one in names)]
        for name in ("completions", "metadata"):
            cast(forms.MultipleChoiceField, self.fields[name]).choices = [(one, one) for one in names]

    def reading(self) -> Reading:
        data = self.cleaned_data
        return Reading(
            shape=data["shape"],
            fields=Fields(
                text=data["text"],
                group=data["group"],
                language=data["language"],
                completions=tuple(data["completions"]),
                metadata=tuple(data["metadata"]),
            ),
            candidates=data["candidates"],
            labels=data["labels"],
            bad_rows=data["bad_rows"],
        )
