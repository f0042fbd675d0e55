"""The form of an endpoint. It shapes input; the services decide."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from byhand.accounts.models import Organisation
from byhand.webhooks.events import EVENTS


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="Address", max_length=500, help_text="An https address that is reachable from the internet.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    description = forms.CharField(label="What it is (optional)", max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label="Events",
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, f"{text} ({name})") for name, text in EVENTS.items() if name != "webhook.test"],
    )


class NewEndpoint(EndpointForm):
    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), empty_label=None)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast("forms.ModelChoiceField[Organisation]", self.fields["organisation"])
        field.queryset = organisations
