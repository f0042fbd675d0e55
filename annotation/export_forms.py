"""The form of an export: a choice for each option, in words. `annotation.exports.options` decides what may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html

from annotation.exports.catalogue import FORMATS
from annotation.exports.options import ADJUDICATED, CLASSES, EXTRAS, LONGEST_REASON, SPLIT_RULES
from annotation.formats.pairs import MARGIN_OF, MARGINS, POLICIES
from annotation.formats.writers.label_studio import SHAPES
from annotation.formats.writers.pairwise import MARKERS

_NUMBERS = ", ".join(f"{name} {number:g}" for name, number in MARGIN_OF.items())


def _choices(said: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, f"{name.replace('_', ' ').capitalize()}: {text}") for name, text in said.items()]


def _formats() -> list[tuple[str, str]]:
    return [
        (one.name, format_html("<strong>{}</strong>: {}", one.title, one.explanation))
        for one in FORMATS.values()
    ]


class ExportForm(forms.Form):
    """Options of other formats than the chosen one are shown too, and left out of what is asked."""

    format = forms.ChoiceField(choices=_formats, initial="ballots", widget=forms.RadioSelect)
    export_class = forms.ChoiceField(
        label="Class", choices=_choices(CLASSES), initial="internal", widget=forms.RadioSelect,
        help_text="Who the files are for.",
    )  # fmt: skip
    splits = forms.ChoiceField(
        label="Splits", choices=_choices(SPLIT_RULES), initial="by_group", widget=forms.RadioSelect,
        help_text="Prompts of one group are always in one split.",
    )  # fmt: skip
    seed = forms.IntegerField(
        initial=1,
        min_value=0,
        max_value=2**31 - 1,
        help_text="Salt of the split. The same seed, the same split.",
    )
    pairs = forms.ChoiceField(
        label="Pairs of a ranking", choices=_choices(POLICIES), initial="all",
        help_text="For TRL and HH. Ties are skipped and counted, never broken.",
    )  # fmt: skip
    margin = forms.ChoiceField(
        label="Margin", choices=_choices(MARGINS), initial="none",
        help_text=f"For TRL, from the stated strength: {_NUMBERS}; several boundaries add up.",
    )  # fmt: skip
    markers = forms.ChoiceField(
        label="Texts that look like a turn (“Human:”)", choices=_choices(MARKERS), initial="leave_out",
        help_text="For HH, which tells turns apart by such words.",
    )  # fmt: skip
    shape = forms.ChoiceField(
        label="Tasks", choices=_choices(SHAPES), initial="ranker", help_text="For Label Studio."
    )
    include = forms.MultipleChoiceField(
        label="Also include", choices=_choices(EXTRAS), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Left out and counted unless you choose them.",
    )  # fmt: skip
    adjudicated = forms.ChoiceField(
        label="Where a reviewer decided", choices=_choices(ADJUDICATED), initial="accompany"
    )
    outside = forms.BooleanField(
        label="Add labels that were made elsewhere", required=False,
        help_text="Each is marked “outside, no wages recorded”.",
    )  # fmt: skip
    free_text_reason = forms.CharField(
        label="Why notes and flags go into a public release", required=False, max_length=LONGEST_REASON,
        help_text="Empty: they don't. People may have written names into them. The reason stands in the manifest.",
    )  # fmt: skip

    MAIN = ("format", "export_class")

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MAIN]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.MAIN]

    def body(self) -> dict[str, Any]:
        """Return what is asked, without the options of other formats."""
        data = dict(self.cleaned_data)
        chosen = FORMATS[data.pop("format")]
        asked = {"format": chosen.name, "class": data.pop("export_class")}
        elsewhere = {"pairs", "margin", "markers", "shape"} - set(chosen.options)
        return asked | {name: value for name, value in data.items() if name not in elsewhere}
