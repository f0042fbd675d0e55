"""Forms of the accounts pages. They shape input; the services decide."""

from __future__ import annotations

from django import forms

from byhand.errors import Invalid


class AcceptInvitation(forms.Form):
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        help_text="What we call you inside the platform. You may leave it empty. It is never published.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=128,
        help_text="At least 12 characters. A few words that only you would put together are good.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class Profile(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


def show_problems(form: forms.Form, error: Invalid) -> None:
    """Put each problem of a refusal beside the field that it names."""
    for problem in error.problems or [error.message]:
        field, _, text = problem.partition(": ")
        if field in form.fields and text:
            form.add_error(field, text[:1].upper() + text[1:])
        else:
            form.add_error(None, problem)
