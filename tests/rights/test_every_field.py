"""No table points to a person without the bundle following it, or saying why not."""

from __future__ import annotations

from django.apps import apps

from byhand.accounts.models import User
from byhand.rights.registry import exported, not_exported


def pointers() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=False)
        for field in model._meta.concrete_fields
        if field.related_model is User
    }


def test_every_pointer_to_a_person_is_exported_or_left_out_with_a_reason() -> None:
    told = exported() | set(not_exported())
    missing = pointers() - told
    assert missing == set(), "say in the app's personal.py what becomes of these"
    assert told - pointers() == set(), "these exist no more"


def test_nothing_is_both_exported_and_left_out() -> None:
    assert exported() & set(not_exported()) == set()
    assert all(len(reason) > 20 for reason in not_exported().values())
