"""`manage.py register_model FOLDER --name NAME --kind KIND`: add a model that was made elsewhere to the registry."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from byhand.accounts.models import Organisation
from byhand.errors import DomainError
from rewardmodel.models import ModelKind
from rewardmodel.services import register_model


class Command(BaseCommand):
    help = "Register a model folder (safetensors and JSON only). Run on the machine that holds MODEL_ROOT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--name", required=True)
        parser.add_argument("--kind", required=True, choices=ModelKind.values)
        parser.add_argument(
            "--organisation", default="", help="its short name; needed where there are several"
        )
        parser.add_argument("--note", default="", help="where the model came from, for the report")
        parser.add_argument("--simulated", action="store_true", help="made from simulated work")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = register_model(
                actor=None, organisation=organisation_named(options["organisation"]), folder=options["folder"],
                name=options["name"], kind=options["kind"], simulated=options["simulated"], note=options["note"],
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(in_words(error)) from error
        self.stdout.write(f"{version.name}: {version.digest}")


def organisation_named(slug: str) -> Organisation:
    """Return the organisation of that short name, or the only one there is."""
    found = list(
        Organisation.objects.filter(slug=slug) if slug else Organisation.objects.order_by("slug")[:2]
    )
    if len(found) == 1:
        return found[0]
    known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True)) or "none"
    raise CommandError(f"Name the organisation with --organisation SLUG. There are: {known}.")


def in_words(error: DomainError) -> str:
    """Return a refusal as text for a terminal, each problem on a line of its own."""
    problems = [problem for problem in error.details.get("problems") or [] if problem not in error.message]
    return "\n".join([error.message, *(f"  - {problem}" for problem in problems)])
