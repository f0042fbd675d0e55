"""Legal holds: `manage.py legal_hold place --reference R [--project ID]`, `manage.py legal_hold lift 3`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from byhand.errors import DomainError
from wages.models import PaidProject
from wages.services.retire import lift_hold, place_hold


class Command(BaseCommand):
    help = "Stop the retirement of a project's pay records, or of all, and let it go on."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        place = acts.add_parser("place")
        place.add_argument("--reference", required=True, help="a file number, never a name")
        place.add_argument("--project", type=UUID, help="without it: every project")
        acts.add_parser("lift").add_argument("hold", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["act"] == "lift":
                self.stdout.write(f"Lifted: hold {lift_hold(hold_id=options['hold']).pk}.")
                return
            project = None
            if options["project"] is not None:
                project = PaidProject.objects.filter(pk=options["project"]).first()
                if project is None:
                    raise CommandError("There is no such project.")
            self.stdout.write(
                f"Placed: hold {place_hold(project=project, reference=options['reference']).pk}."
            )
        except DomainError as error:
            raise CommandError(error.message) from error
