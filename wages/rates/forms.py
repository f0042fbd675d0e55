"""Forms of rates, payers and terms: they read what a steward types into the units that the services take."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from byhand.money import UnknownCurrency, exponent
from wages.forms import AmountField, CountryField, RefusableForm
from wages.models import Basis, Relation
from wages.models.terms import DISPUTE_YEARS, RETENTION_YEARS

MS_PER_HOUR = 3_600_000


class PercentField(forms.CharField):
    """A percentage with at most one decimal; cleans to parts per thousand. Empty is 0."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=6, required=False, **options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "size": 6}

    def clean(self, value: Any) -> int:
        text = super().clean(value) or "0"
        match = re.fullmatch(r"([0-9]{1,4})(?:\.([0-9]))?", text)
        if match is None:
            raise forms.ValidationError("Write a percentage such as 25 or 12.5.")
        return int(match[1]) * 10 + int(match[2] or 0)


class HoursField(forms.IntegerField):
    """Whole hours; cleans to milliseconds, or None where nothing is written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=8784, required=False, **options)
        self.widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6})

    def clean(self, value: Any) -> int | None:
        hours = super().clean(value)
        return None if hours is None else hours * MS_PER_HOUR


class OptionalAmountField(AmountField):
    """An amount, or None where nothing is written."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if str(value or "").strip() else None


class CardForm(RefusableForm):
    """All terms of a rate card. The names of its fields are those that the service names in a refusal, shortened."""

    field_order = (
        "basis", "hourly", "piece", "night", "weekend", "overtime", "overtime_after", "bonus", "bonus_after",
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["basis"] = forms.ChoiceField(choices=Basis.choices, label="Basis", required=False)
        self.fields["hourly"] = AmountField(
            currency=currency,
            label=f"{currency} an hour",
            help_text="Guaranteed for all time, also by the piece. In force from now on; work in hand keeps its rate.",
        )
        self.fields["piece"] = OptionalAmountField(
            currency=currency, label=f"{currency} a piece", required=False, help_text="Only by the piece."
        )
        self.fields["night"] = PercentField(
            label="Night premium, %", help_text="22:00 to 06:00 in the worker's time zone."
        )
        self.fields["weekend"] = PercentField(
            label="Weekend premium, %", help_text="Saturday and Sunday there."
        )
        self.fields["overtime"] = PercentField(label="Overtime premium, %")
        self.fields["overtime_after"] = HoursField(label="Overtime begins after hours a week")
        self.fields["bonus"] = OptionalAmountField(
            currency=currency, label=f"Weekly bonus, {currency}", required=False
        )
        self.fields["bonus_after"] = HoursField(label="Bonus from hours in the period on")
        self.order_fields(self.field_order)

    def terms(self) -> dict[str, Any]:
        """Return the card in the service's own names and units."""
        data = self.cleaned_data
        return {
            "hourly_micro": data["hourly"],
            "basis": data["basis"] or Basis.HOURLY.value,
            "piece_micro": data["piece"],
            "night_permille": data["night"],
            "weekend_permille": data["weekend"],
            "overtime_permille": data["overtime"],
            "overtime_after_ms": data["overtime_after"],
            "bonus_micro": data["bonus"] or 0,
            "bonus_after_ms": data["bonus_after"],
        }


class PoolForm(RefusableForm):
    name = forms.CharField(max_length=100, label="Name of the pool", help_text="A new name makes a new pool.")
    legal_entity = forms.CharField(max_length=200, label="Legal entity that pays it")
    country = CountryField(label="Its country", help_text="Two capital letters, such as KE.")
    relation = forms.ChoiceField(choices=Relation.choices, label="The workers are its")
    since = forms.DateField(
        required=False,
        label="Since",
        help_text="Empty: today.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class PoolChoice(forms.Form):
    """The pool that an act is about, of the project's own."""

    def __init__(self, *args: Any, pools: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["pool"] = forms.TypedChoiceField(coerce=int, choices=pools, label="Pool")


class IntermediaryForm(PoolChoice, RefusableForm):
    legal_entity = forms.CharField(max_length=200, label="Legal entity in between")
    country = CountryField(label="Its country", help_text="Two capital letters, such as KE.")
    currency = forms.CharField(max_length=3, label="Currency of its contract")
    amount = forms.CharField(
        max_length=20,
        label="Amount of its contract",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    place = forms.IntegerField(
        min_value=1, max_value=20, initial=1, label="Place in the chain", help_text="1 is next to the payer."
    )
    attested = forms.BooleanField(
        required=False, label="A document that I have seen says so", help_text="Else the amount is declared."
    )
    evidence = forms.CharField(
        max_length=500, required=False, label="Evidence", help_text="Such as the contract's number and date."
    )
    ended = forms.BooleanField(required=False, label="It is no longer in between")

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"])
        try:
            exponent(code)
        except UnknownCurrency as error:
            raise forms.ValidationError(str(error)) from error
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "currency" in data and "amount" in data:
            try:
                data["amount"] = AmountField(currency=data["currency"]).clean(data["amount"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return data


class MemberForm(PoolChoice, RefusableForm):
    worker = forms.TypedChoiceField(coerce=int, label="Worker")

    def __init__(self, *args: Any, workers: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["worker"] = forms.TypedChoiceField(coerce=int, choices=workers, label="Worker")


class BonusForm(RefusableForm):
    def __init__(self, *args: Any, currency: str, workers: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["worker"] = forms.TypedChoiceField(coerce=int, choices=workers, label="Worker")
        self.fields["amount"] = AmountField(currency=currency, label=f"Amount in {currency}")
        self.fields["reason"] = forms.CharField(max_length=500, help_text="The worker reads it.")
        self.fields["key"] = forms.CharField(max_length=100, widget=forms.HiddenInput)


class TermsForm(RefusableForm):
    """The terms of a project; countries as codes that are separated by spaces or commas."""

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["countries"] = forms.CharField(
            max_length=2500,
            label="Countries where the project is offered",
            help_text="Codes such as KE DE US-CA. Where states set their own minimum, list the states.",
        )
        self.fields["overhead"] = OptionalAmountField(
            currency=currency, required=False, label=f"Overhead budget, {currency}",
            help_text="Training, waiting, reviews: what may be spent besides the ballots.",
        )  # fmt: skip
        self.fields["platform_fee"] = PercentField(label="Platform fee, % of pay")
        self.fields["payment_fee"] = PercentField(label="Payment fee, % of pay, borne by the funder")
        self.fields["contributions"] = PercentField(label="Employer contributions, % of pay")
        self.fields["data_hourly"] = OptionalAmountField(
            currency=currency, required=False, label=f"Data and airtime an hour costs a worker, {currency}",
            help_text="Deducted before pay is held against the floor.",
        )  # fmt: skip
        self.fields["fx_spread"] = PercentField(
            label="Exchange costs a worker, % of pay",
            help_text="Where pay has to be exchanged. Deducted before pay is held against the floor.",
        )
        self.fields["appeal_contact"] = forms.CharField(
            max_length=300, required=False, label="Outside contact for a second appeal",
            help_text="A name and an address. Empty: the report says “none”.",
        )  # fmt: skip
        self.fields["retention_years"] = _years("Pay records are kept for years", RETENTION_YEARS)
        self.fields["dispute_years"] = _years("Disputes are open for years", DISPUTE_YEARS)

    def clean_countries(self) -> list[str]:
        return [code for code in re.split(r"[\s,;]+", self.cleaned_data["countries"].strip()) if code]

    def terms(self) -> dict[str, Any]:
        """Return the terms in the service's own names and units."""
        data = self.cleaned_data
        return {
            "countries": data["countries"],
            "overhead_micro": data["overhead"] or 0,
            "platform_fee_permille": data["platform_fee"],
            "payment_fee_permille": data["payment_fee"],
            "contributions_permille": data["contributions"],
            "data_hourly_micro": data["data_hourly"] or 0,
            "fx_spread_permille": data["fx_spread"],
            "appeal_contact": data["appeal_contact"],
            "retention_years": data["retention_years"],
            "dispute_years": data["dispute_years"],
        }


def _years(label: str, initial: int) -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=30, label=label, initial=initial)
