"""Forms: what a person may type, turned into values. The services decide whether it can be done."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet

from annotation.models import Project
from byhand.accounts.models import Organisation
from rewardmodel.decided import ADJUDICATION
from rewardmodel.models import ModelKind, ModelVersion, Stage
from rewardmodel.services.generation import LIMITS, Sampling


class RunForm(forms.Form):
    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), empty_label=None)
    config = forms.CharField(
        label="Config (YAML)",
        max_length=65_536,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 26, "spellcheck": "false", "class": "code", "autocomplete": "off"}
        ),
        help_text="One `field: value` on each line. Every mistake is listed before anything starts.",
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.queryset = organisations  # type: ignore[attr-defined]
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()


class FreezeForm(forms.Form):
    project = forms.ModelChoiceField(queryset=Project.objects.none(), empty_label="Choose a project")
    seed = forms.IntegerField(
        initial=1, min_value=0, max_value=2**31 - 1, help_text="Decides which prompts go to which split."
    )
    adjudication = forms.ChoiceField(
        label="Where a reviewer decided",
        choices=[(name, f"{words[0].upper()}{words[1:]}.") for name, words in ADJUDICATION.items()],
        required=False,
        help_text="Items that a reviewer found not rankable are left out in any case.",
    )

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]


class GenerateForm(forms.Form):
    policy = forms.ModelChoiceField(
        queryset=ModelVersion.objects.none(),
        empty_label="Choose a policy",
        help_text="The model that writes.",
    )
    k = forms.IntegerField(label="Completions for each prompt (K)", help_text="Set by the project.")
    temperature = forms.FloatField(
        initial=1.0, help_text="1 draws as the model learned; lower is more alike."
    )
    top_p = forms.FloatField(label="Top p", initial=1.0, help_text="1 keeps every token.")
    max_new_tokens = forms.IntegerField(
        initial=48, help_text="A completion that is cut here is kept and marked."
    )
    seed = forms.IntegerField(initial=1, help_text="The same seed and policy draw the same texts again.")
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = ModelVersion.objects.filter(organisation=project.organisation_id, kind=ModelKind.POLICY)
        policies = policies.exclude(stage=Stage.RETIRED).order_by("-created_at")
        self.fields["policy"].queryset = policies  # type: ignore[attr-defined]
        self.fields["k"].initial = project.k
        self.fields["k"].widget.attrs["readonly"] = True
        self.fields["key"].initial = uuid.uuid4().hex
        for name in ("temperature", "top_p"):
            self.fields[name].widget.attrs.update(min=LIMITS[name][0], max=LIMITS[name][1], step="any")
        for name in ("max_new_tokens", "seed"):
            self.fields[name].widget.attrs.update(min=int(LIMITS[name][0]), max=int(LIMITS[name][1]))

    def sampling(self) -> Sampling:
        names = ("k", "temperature", "top_p", "max_new_tokens", "seed")
        return Sampling(**{name: self.cleaned_data[name] for name in names})

    def add_problems(self, problems: list[str]) -> None:
        """Put each problem of the service at its field."""
        for problem in problems:
            name, _, text = problem.partition(": ")
            self.add_error(name if name in self.fields else None, text or problem)
