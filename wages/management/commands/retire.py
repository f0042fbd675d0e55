"""Removes the rows of closed periods whose legal term is over: `manage.py retire --before 2019-12-31 [--dry-run]`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from byhand.errors import DomainError
from wages.services.retire import plan, retire


class Command(BaseCommand):
    help = "Remove ledger rows of whole closed periods after the legal term, as the role byhand_retire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = (plan if options["dry_run"] else retire)(before=options["before"])
        except DomainError as error:
            raise CommandError(error.message) from error
        verb = "would go" if options["dry_run"] else "removed"
        for project, periods in made.periods.items():
            self.stdout.write(f"{project.title}: {verb}: {', '.join(period.label for period in periods)}")
        for reason in made.kept:
            self.stdout.write(f"stays: {reason}")
        if not made.periods:
            self.stdout.write("Nothing to remove.")
