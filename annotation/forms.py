"""Forms of the engineer's pages. They shape input; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.models import DocumentKind
from annotation.models.prompts import Consent
from annotation.prompt_files import GROUP_FIELD, TEXT_FIELDS
from annotation.services.documents import default_text
from byhand.accounts.models import Organisation
from byhand.errors import Invalid
from byhand.money import UnknownCurrency, exponent, parse_amount

AMOUNTS = ("hourly_rate", "declared_floor")


class NewProject(forms.Form):
    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), empty_label=None)
    title = forms.CharField(max_length=200)
    k = forms.IntegerField(
        label="Completions per prompt",
        min_value=2,
        max_value=9,
        initial=4,
        help_text="How many answers one person puts in order, 2 to 9. It can't be changed later.",
    )
    overlap = forms.IntegerField(
        label="People per prompt",
        min_value=1,
        max_value=50,
        initial=2,
        help_text="How many people rank the same prompt. Gate G0 wants at least 10 % ranked twice.",
    )
    overlap_percent = forms.IntegerField(
        label="Share of the prompts that so many people rank, in percent",
        min_value=0,
        max_value=100,
        initial=100,
        help_text="One person ranks each of the others. 100 means all of them; at least 10 is needed for gate G0.",
    )
    currency = forms.CharField(
        max_length=3, min_length=3, initial="USD", help_text="Three letters of ISO 4217, such as USD or KES."
    )
    hourly_rate = forms.CharField(
        label="Hourly rate", max_length=20, help_text="What an hour of any paid time is worth, such as 22.20."
    )
    declared_floor = forms.CharField(
        label="Declared floor",
        max_length=20,
        help_text="The living wage that you promise for an hour. The rate may not be below it.",
    )
    lease_minutes = forms.IntegerField(
        label="Minutes a person may hold one item",
        min_value=1,
        max_value=1440,
        initial=60,
        help_text="Counts for the reservation: the worst case must be funded before work is offered.",
    )
    languages = forms.CharField(max_length=200, initial="en", help_text="Language tags, separated by commas.")
    terms = forms.CharField(widget=forms.Textarea(attrs={"rows": 12}), strip=False)
    guidelines = forms.CharField(widget=forms.Textarea(attrs={"rows": 12}), strip=False)

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        texts = {
            "terms": default_text(DocumentKind.TERMS),
            "guidelines": default_text(DocumentKind.GUIDELINES),
        }
        super().__init__(*args, **{"initial": texts, **kwargs})
        field = self.fields["organisation"]
        field.queryset = organisations  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        try:
            exponent(code)
        except UnknownCurrency as error:
            raise forms.ValidationError(str(error)) from error
        return code

    def clean(self) -> dict[str, Any]:
        """Read the amounts, once it is known in which currency they are."""
        fields = super().clean() or self.cleaned_data
        for name in AMOUNTS if "currency" in fields else ():
            if name not in fields:
                continue
            try:
                fields[f"{name}_micro"] = parse_amount(fields[name], fields["currency"])
            except ValueError as error:
                self.add_error(name, str(error))
        return fields

    def clean_languages(self) -> tuple[str, ...]:
        tags = (tag.strip() for tag in self.cleaned_data["languages"].split(","))
        return tuple(tag for tag in tags if tag)


class ImportPrompts(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="JSONL or CSV, in UTF-8.",
        widget=forms.FileInput(attrs={"accept": ".jsonl,.ndjson,.csv"}),
    )
    text_field = forms.CharField(
        label="Field with the prompt",
        max_length=80,
        required=False,
        help_text=f"Leave empty for the first of: {', '.join(TEXT_FIELDS)}.",
    )
    group_field = forms.CharField(
        label="Field with the prompt group",
        max_length=80,
        required=False,
        help_text=f"Leave empty for {GROUP_FIELD}. Prompts of one group stay on one side of a dataset split.",
    )
    source = forms.CharField(max_length=300, help_text="Where these prompts come from, in a line.")
    creator = forms.CharField(max_length=300, help_text="Who wrote them: people, a company, a model.")
    licence = forms.CharField(max_length=120, help_text="Such as CC-BY-4.0, or “own work”.")
    consent = forms.ChoiceField(
        choices=[("", "Choose…"), *Consent.choices], help_text="On what ground you may use them."
    )

    def __init__(self, *args: Any, check_only: bool = False, **kwargs: Any) -> None:
        """`check_only`: the file alone is asked for, since nothing will be kept."""
        super().__init__(*args, **kwargs)
        for name in ("source", "creator", "licence", "consent") if check_only else ():
            self.fields[name].required = False


def show_problems(form: forms.Form, error: Invalid, renamed: dict[str, str]) -> None:
    """Put each problem of a refusal beside the field it names; what names none stands on top."""
    for problem in error.problems or [error.message]:
        name, _, text = problem.partition(": ")
        field = renamed.get(name, name)
        if field in form.fields and text:
            form.add_error(field, text[:1].upper() + text[1:])
        else:
            form.add_error(None, problem)
