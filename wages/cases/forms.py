"""Forms about claims, disputes and cuts. They read text; whether it may be done is decided by the services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from wages.cases.rules import MOST_WORDS
from wages.forms import AmountField
from wages.models import Case, CaseKind, CaseOutcome, PaidProject
from wages.services.cases import Verdict

MS_PER_MINUTE = 60_000
_BIG = {"rows": 4}


class WordsField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_WORDS, widget=forms.Textarea(attrs=_BIG), **options)


class LocalMoment(forms.DateTimeField):
    """A moment as somebody's own clock shows it; cleans to UTC. The zone is the one that they declared."""

    def __init__(self, *, zone: str, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
        super().__init__(widget=widget, **options)
        self.zone = ZoneInfo(zone)

    def clean(self, value: Any) -> datetime | None:
        found = super().clean(value)
        if found is None:
            return None
        naive: datetime = found.replace(tzinfo=None)
        return naive.replace(tzinfo=self.zone).astimezone(UTC)


class ClaimForm(forms.Form):
    """A stretch by its two ends, in the worker's zone, with their words about it."""

    project = forms.ChoiceField(label=_("Project"))
    words = WordsField(
        label=_("What did you do?"),
        help_text=_("Such as a call or a meeting. No proof is asked. Stewards read it; engineers never do."),
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    field_order = ("project", "starts", "ends", "words", "key")

    def __init__(self, *args: Any, projects: list[PaidProject], zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["project"].choices = [(str(project.pk), project.title) for project in projects]  # type: ignore[attr-defined]
        self.fields["starts"] = LocalMoment(zone=zone, label=_("From"), help_text=zone)
        self.fields["ends"] = LocalMoment(zone=zone, label=_("To"), help_text=zone)
        self.order_fields(self.field_order)


class WordsForm(forms.Form):
    words = WordsField(label=_("Your words"))
    key = forms.CharField(max_length=100, widget=forms.HiddenInput, required=False)


class DecideForm(forms.Form):
    """What a steward decides; the fields that fit the kind of case."""

    outcome = forms.ChoiceField(widget=forms.RadioSelect)
    reason = WordsField(help_text="The worker reads it.")

    field_order = ("outcome", "minutes", "restore_from", "amount", "contact_word", "reason")

    def __init__(self, *args: Any, case: Case, second: bool, contact: str, **options: Any) -> None:
        super().__init__(*args, **options)
        full, word = (CaseOutcome.GRANTED, "Grant all of it")
        if case.kind == CaseKind.DISPUTE:
            full, word = CaseOutcome.UPHELD, "Uphold: the worker is right"
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (full, word),
            (CaseOutcome.PARTLY, "In part"),
            (CaseOutcome.REFUSED, "Refuse"),
        ]
        self.fields["minutes"] = forms.DecimalField(
            required=False,
            min_value=0,
            max_value=1440,
            max_digits=9,
            decimal_places=4,
            label="Minutes to pay",
            help_text="For a part of a claim, or the time that a dispute gives back.",
        )
        if case.kind == CaseKind.DISPUTE:
            self._for_a_dispute(case)
        if second:
            label = (
                f"What the outside contact said ({contact})" if contact else "What the outside contact said"
            )
            self.fields["contact_word"] = WordsField(label=label, help_text="The worker reads it.")
        self.order_fields(self.field_order)

    def _for_a_dispute(self, case: Case) -> None:
        self.fields["restore_from"] = LocalMoment(
            zone="UTC",
            required=False,
            label="Those minutes begin at (UTC)",
            help_text="Must be time that is not paid.",
        )
        self.fields["amount"] = AmountField(
            currency=case.project.currency,
            required=False,
            label=f"Money to give back, in {case.project.currency}",
            help_text="Besides the pay for the minutes.",
        )

    def verdict(self) -> Verdict:
        data = self.cleaned_data
        minutes = data.get("minutes") or 0
        return Verdict(
            outcome=CaseOutcome(data["outcome"]),
            reason=data["reason"],
            granted_ms=int(minutes * MS_PER_MINUTE),
            granted_micro=data.get("amount") or 0,
            restore_from=data.get("restore_from"),
            contact_word=data.get("contact_word", ""),
        )


class CutForm(forms.Form):
    """A payment that would be taken back."""

    entry = forms.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        label="Ledger entry",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    reason = WordsField(help_text="The worker reads it, and can object for 7 days.")
    evidence = WordsField(
        required=False, help_text="What shows that it is a mistake. The worker reads it too."
    )
