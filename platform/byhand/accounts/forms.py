"""Forms of the accounts pages. They shape input; the services decide."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from byhand.accounts.scopes import offered
from byhand.errors import Invalid


class AcceptInvitation(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("What we call you inside the platform. You may leave it empty. It is never published."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        help_text=_("At least 12 characters. A few words that only you would put together are good."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class Profile(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class NewToken(forms.Form):
    """Offers the scopes that the person's roles can use."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What it is for, such as “nightly export on the training machine”."),
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(
        label=_("Days until it ends"), min_value=1, max_value=365, initial=90, help_text=_("From 1 to 365.")
    )

    def __init__(self, *args: Any, roles: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast(forms.MultipleChoiceField, self.fields["scopes"])
        field.choices = [(scope, f"{text} ({scope})") for scope, text in offered(roles).items()]


def show_problems(form: forms.Form, error: Invalid) -> None:
    """Put each problem of a refusal beside the field that it names."""
    for problem in error.problems or [error.message]:
        field, _, text = problem.partition(": ")
        if field in form.fields and text:
            form.add_error(field, text[:1].upper() + text[1:])
        else:
            form.add_error(None, problem)
