"""Forms of the stewards' pages. They read text; whether it may be done is decided by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from byhand.errors import Invalid
from byhand.money import BadAmount, parse_amount
from wages.floors.countries import is_country
from wages.floors.country_names import country_choices
from wages.models import Relation
from wages.services.places import zones


class AmountField(forms.CharField):
    """An amount of one currency, such as 18.50; cleans to micro-units."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(max_length=20, **options)
        self.currency = currency
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        if not text:
            return 0  # only where the field may be left empty
        try:
            return parse_amount(text, self.currency)
        except BadAmount as error:
            raise forms.ValidationError(str(error)) from error


class CountryField(forms.CharField):
    """A country's code; cleans to two capital letters of ISO 3166-1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, **options)
        self.widget.attrs |= {"autocomplete": "off"}

    def clean(self, value: Any) -> str:
        code: str = super().clean(value)
        if not is_country(code):
            raise forms.ValidationError("Write the two capital letters of ISO 3166-1, such as KE.")
        return code


class PayerForm(forms.Form):
    legal_entity = forms.CharField(max_length=200, label="Legal entity that pays")
    country = CountryField(label="Its country", help_text="Two capital letters, such as KE.")
    relation = forms.ChoiceField(choices=Relation.choices, label="The workers are its")


class RefusableForm(forms.Form):
    """A form to which a service's refusal is added, each problem at the field that it names."""

    def refuse(self, error: Invalid) -> None:
        for problem in error.problems or [error.message]:
            name, _sep, rest = problem.partition(": ")
            known = name in self.fields and rest
            self.add_error(name if known else None, rest[:1].upper() + rest[1:] if known else problem)


class PlaceForm(RefusableForm):
    """Where a worker says that they work."""

    country = forms.ChoiceField(label=_("Country"))
    subdivision = forms.CharField(
        max_length=6,
        required=False,
        label=_("State or province"),
        help_text=_(
            "Where parts of a country set their own minimum wage, such as US-CA. Else leave it empty."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 8}),
    )
    zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["country"] = forms.ChoiceField(
            label=self.fields["country"].label, choices=[("", "—"), *country_choices()]
        )
        self.fields["zone"] = forms.ChoiceField(
            label=self.fields["zone"].label, choices=[("", "—"), *((name, name) for name in sorted(zones()))]
        )
        self.order_fields(("country", "subdivision", "zone"))

    def clean_subdivision(self) -> str:
        return str(self.cleaned_data["subdivision"]).strip().upper()


class WorstCaseForm(forms.Form):
    """How much work, and how long one item may be held: the project's own settings, which pay does not know."""

    ballots = forms.IntegerField(min_value=1, max_value=10_000_000, initial=100, label="Ballots wanted")
    minutes = forms.IntegerField(
        min_value=1,
        max_value=1440,
        initial=60,
        label="Minutes that one may be held",
        help_text="60 by default.",
    )

    def given(self) -> tuple[int, int]:
        """Return (ballots, minutes): what was typed where it is right, else the defaults."""
        typed = self.cleaned_data if self.is_valid() else {}
        return typed.get("ballots", 100), typed.get("minutes", 60)


class DepositForm(forms.Form):
    evidence = forms.CharField(
        max_length=500, help_text="How it can be checked, such as the bank's reference."
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    field_order = ("amount", "evidence", "key")

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = AmountField(currency=currency, label=f"Amount in {currency}")
        self.order_fields(self.field_order)


class RefundForm(forms.Form):
    reason = forms.CharField(max_length=500, help_text="Such as where the money goes and who asked for it.")
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    field_order = ("amount", "reason", "key")

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = AmountField(currency=currency, label=f"Amount in {currency}")
        self.order_fields(self.field_order)
