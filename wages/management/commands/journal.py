"""`manage.py journal --project ID`: the ledger of one project as CSV on standard output, for an accountant."""

from __future__ import annotations

import csv
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from byhand.errors import Invalid
from wages.models import PaidProject
from wages.selectors.journal import journal_rows, moment


class Command(BaseCommand):
    help = (
        "Write every posting of a project's ledger in a range of time, and the balances at its end, as CSV."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", type=UUID, required=True)
        parser.add_argument("--from", dest="since", default="", help="first day or time (UTC)")
        parser.add_argument("--to", dest="until", default="", help="day or time (UTC) that is not included")

    def handle(self, *args: Any, **options: Any) -> None:
        project = PaidProject.objects.filter(pk=options["project"]).first()
        if project is None:
            raise CommandError(f"--project: there is no paid project {options['project']}.")
        try:
            since, until = moment(options["since"], "--from"), moment(options["until"], "--to")
        except Invalid as error:
            raise CommandError(error.message) from error
        writer = csv.writer(self.stdout)
        for row in journal_rows(project, since=since, until=until):
            writer.writerow(row)
