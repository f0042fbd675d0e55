"""Forms of payouts: a worker's account and receipt, a steward's settlement file. Services decide what may be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from byhand.money.currencies import codes
from wages.floors.country_names import country_choices
from wages.forms import AmountField
from wages.models import PayoutMethod
from wages.paying.details import Details

_OFF = {"autocomplete": "off"}


class PayoutAccountForm(forms.Form):
    """One form for both ways, so that it works without scripts; what is left empty is not used."""

    method = forms.ChoiceField(
        choices=[(PayoutMethod.BANK, _("Bank account")), (PayoutMethod.WALLET, _("Mobile wallet"))],
        label=_("Where should we send it?"),
        widget=forms.RadioSelect,
        initial=PayoutMethod.BANK,
    )
    currency = forms.ChoiceField(choices=[(code, code) for code in codes()], label=_("Currency of the pay"))
    country = forms.ChoiceField(
        choices=lambda: [("", _("Choose")), *country_choices()],
        label=_("Country of the account"),
    )
    holder = forms.CharField(
        max_length=200, label=_("Name on the account"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    iban = forms.CharField(max_length=60, required=False, label=_("IBAN"), widget=forms.TextInput(attrs=_OFF))
    account_number = forms.CharField(
        max_length=60,
        required=False,
        label=_("Account number"),
        help_text=_("Only if your bank has no IBAN."),
        widget=forms.TextInput(attrs=_OFF),
    )
    bank_code = forms.CharField(
        max_length=40,
        required=False,
        label=_("Bank code"),
        help_text=_("BIC, sort code or routing number; you may leave it empty beside an IBAN."),
        widget=forms.TextInput(attrs=_OFF),
    )
    provider = forms.CharField(
        max_length=60, required=False, label=_("Wallet provider"), help_text=_("Such as M-Pesa.")
    )
    phone = forms.CharField(
        max_length=40,
        required=False,
        label=_("Wallet number"),
        help_text=_("With the country, such as +254712345678."),
        widget=forms.TextInput(attrs={"inputmode": "tel", **_OFF}),
    )

    def details(self) -> Details:
        """Return what was typed; call it after is_valid()."""
        return Details(**self.cleaned_data)


class SaidAmount(AmountField):
    """An amount that a worker types; what is wrong with it is said in their language."""

    def clean(self, value: Any) -> int:
        try:
            return super().clean(value)
        except forms.ValidationError as error:
            if error.code == "required":
                raise
            raise forms.ValidationError(
                _("Write digits with a point, such as 18.50, and no more decimals than %(currency)s has.")
                % {"currency": self.currency}
            ) from error


class ReceiptForm(forms.Form):
    received_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}))

    field_order = ("received", "received_on", "fee")

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["received"] = SaidAmount(currency=currency, label=_("I received"))
        self.fields["fee"] = SaidAmount(
            currency=currency,
            label=_("It cost me"),
            initial="0",
            help_text=_("What your bank or wallet took for it. We pay it back."),
        )
        self.order_fields(self.field_order)


class SettlementForm(forms.Form):
    file = forms.FileField(label="Settlement file (CSV)", allow_empty_file=True)
