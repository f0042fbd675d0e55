"""Forms of the set-up, one per page. They shape input; `annotation.project_settings` and the services decide."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from annotation.answer_parts import DIMENSIONS
from annotation.forms import show_problems as show_problems
from annotation.project_settings import HOUR_MS, NAMES, Bound, Settings, bound, recorded
from byhand.accounts.models import Organisation
from byhand.money import UnknownCurrency, exponent, parse_amount

MINUTE_MS = 60_000


class Languages(forms.CharField):
    """Language tags between commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> tuple[str, ...]:
        tags = (tag.strip() for tag in super().clean(value).split(","))
        return tuple(tag for tag in tags if tag)


class Scaled(forms.IntegerField):
    """Whole minutes or hours on the page, milliseconds in the settings; empty is None."""

    def __init__(self, *, unit_ms: int, **options: Any) -> None:
        self.unit_ms = unit_ms
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return value // self.unit_ms if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        return None if number is None else number * self.unit_ms


class SettingsForm(forms.Form):
    """A page of settings. A field that stands fast is shown with the reason, and never taken from the request."""

    renamed: ClassVar[dict[str, str]] = {}

    def __init__(
        self, *args: Any, settings: Settings | None = None, facts: Bound | None = None, **kwargs: Any
    ):
        if settings is not None:
            kwargs["initial"] = {name: getattr(settings, name) for name in self.base_fields if name in NAMES}
        super().__init__(*args, **kwargs)
        if facts is None:
            return
        fast = bound(facts)
        for name, field in self.fields.items():
            if name in fast:
                field.disabled, field.help_text = True, f"Stands fast. {fast[name]}"
            elif more := recorded(name, facts):
                field.help_text = f"{field.help_text} {more}".strip()

    def changes(self) -> dict[str, Any]:
        """Return the settings of this page as they were entered, without those that stand fast."""
        return {name: value for name, value in self.cleaned_data.items() if not self.fields[name].disabled}


class BasicsForm(SettingsForm):
    title = forms.CharField(max_length=200, help_text="People who work on it see it.")
    languages = Languages(
        initial="en", help_text="Of the prompts and the texts: tags between commas, such as en, es, sw."
    )
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
        help_text="How many people rank the same prompt. Agreement can be measured only where several rank.",
    )
    overlap_percent = forms.IntegerField(
        label="Share of the prompts that so many people rank, in percent",
        min_value=0,
        max_value=100,
        initial=100,
        help_text="One person ranks each of the others. At least 10 is needed for gate G0.",
    )
    target_ballots = forms.IntegerField(
        label="Stop at so many rankings",
        min_value=1,
        required=False,
        help_text="Leave empty to have every prompt ranked.",
    )


class NewProjectForm(BasicsForm):
    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), empty_label=None)
    field_order = ("organisation", "title")

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]


class QuestionForm(SettingsForm):
    top_m = forms.IntegerField(
        label="Order only the best",
        min_value=1,
        max_value=8,
        required=False,
        help_text="How many of the best are put in order; the rest may stay unranked. Empty: a full order.",
    )
    asks_strength = forms.BooleanField(
        label="Ask how much better one answer is than the next",
        required=False,
        help_text="Slight, clear or strong, between neighbours. Nobody has to say it.",
    )
    dimensions = forms.MultipleChoiceField(
        label="Rate each answer from 1 to 5 on",
        choices=[(name, name.capitalize()) for name in DIMENSIONS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each one makes a ranking take longer; the pilot shows by how much.",
    )

    def changes(self) -> dict[str, Any]:
        found = super().changes()
        return found | {"dimensions": tuple(found["dimensions"])}


class PeopleForm(SettingsForm):
    renamed = {"exposure_ms": "exposure_ms", "repeat_after_ms": "repeat_after_ms"}
    content_warning = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What in these texts can hurt to read, in plain words. Shown before anybody joins; each person "
        "agrees to it. Leave empty where there is nothing of the kind.",
    )
    support_contact = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="A person or a line to turn to, and when they answer. Required with a warning or a qualification.",
    )
    exposure_ms = Scaled(
        label="Minutes of ranking in any 24 hours, at most",
        unit_ms=MINUTE_MS,
        min_value=1,
        max_value=1440,
        required=False,
        help_text="A limit per person on content that wears people down. It stops offers, never the clock. Empty: "
        "none.",
    )
    qualification_pass_percent = forms.IntegerField(
        label="Qualification: percent of the points needed",
        min_value=1,
        max_value=100,
        required=False,
        help_text="Items with known answers come first, with feedback, paid whether passed or not. Empty: no "
        "qualification.",
    )
    qualification_retries = forms.IntegerField(
        label="Qualification: further tries",
        min_value=0,
        max_value=9,
        initial=2,
        help_text="How many times a person may try again after reading the feedback.",
    )
    gold_percent = forms.IntegerField(
        label="Hidden gold items, in percent",
        min_value=0,
        max_value=50,
        initial=0,
        help_text="Share of items whose answer is known, among the others. Advice about data: neither pay nor offers "
        "depend on them. They are paid and add to the worst case.",
    )
    repeat_percent = forms.IntegerField(
        label="Hidden repeats, in percent",
        min_value=0,
        max_value=50,
        initial=0,
        help_text="Share of items that a person is shown a second time, to see how steady rankings are. Paid as well.",
    )
    repeat_after_ms = Scaled(
        label="A repeat comes no sooner than after so many minutes",
        unit_ms=MINUTE_MS,
        min_value=0,
        max_value=43_200,
        initial=HOUR_MS,
    )


class LeaseForm(SettingsForm):
    lease_ms = Scaled(
        label="Minutes a person may hold one item",
        unit_ms=MINUTE_MS,
        min_value=1,
        max_value=1440,
        initial=HOUR_MS,
        help_text="Counts for the worst case. Whoever needs longer is paid all the same.",
    )


class PayForm(LeaseForm):
    """Rate and floor of a project that is not registered for pay yet."""

    renamed = {"hourly_micro": "hourly_rate", "declared_floor_micro": "declared_floor"}
    currency = forms.CharField(
        max_length=3,
        min_length=3,
        initial="USD",
        help_text="Three letters of ISO 4217, such as USD or KES. It can't be changed later.",
    )
    hourly_rate = forms.CharField(
        max_length=20,
        help_text="What an hour of any paid time is worth, such as 22.20. Later rates are a steward's.",
    )
    declared_floor = forms.CharField(
        max_length=20,
        help_text="The living wage that you promise for an hour. No rate may be below it. It can't be changed later.",
    )
    field_order = ("currency", "hourly_rate", "declared_floor", "lease_ms")

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
        for name in ("hourly_rate", "declared_floor") if "currency" in fields else ():
            if name in fields:
                try:
                    fields[f"{name}_micro"] = parse_amount(fields[name], fields["currency"])
                except ValueError as error:
                    self.add_error(name, str(error))
        return fields

    def changes(self) -> dict[str, Any]:
        return {"lease_ms": self.cleaned_data["lease_ms"]}


class PilotForm(SettingsForm):
    pilot_ballots = forms.IntegerField(
        label="Rankings in the paid pilot",
        min_value=0,
        max_value=1000,
        initial=10,
        help_text="Ten or more give a steady figure. 0 only in a simulated project.",
    )
