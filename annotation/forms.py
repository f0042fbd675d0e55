"""The form of an import, and how a refusal is shown beside the fields of any form. The services decide."""

from __future__ import annotations

from django import forms

from byhand.errors import Invalid


def show_problems(form: forms.Form, error: Invalid, renamed: dict[str, str]) -> None:
    """Put each problem of a refusal beside the field it names; what names none stands on top."""
    for problem in error.problems or [error.message]:
        name, _, text = problem.partition(": ")
        field = renamed.get(name, name)
        if field in form.fields and text:
            form.add_error(field, text[:1].upper() + text[1:])
        else:
            form.add_error(None, problem)
