"""`manage.py check_floors [FILE] [--log]`: lint the floor tables, naming file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wages.floors.tables import read
from wages.services.floor_tables import log_floor_tables


class Command(BaseCommand):
    help = "Check the minimum wages and exchange rates that pay is tested against."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="another floors.csv (default: the one in use)")
        parser.add_argument("--log", action="store_true", help="log the tables in use if they have changed")

    def handle(self, *args: Any, **options: Any) -> None:
        tables, problems = read(Path(settings.FLOORS_DIR), options["file"])
        for problem in problems:
            self.stdout.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems: these tables can't be used.")
        unusable = sum(not row.usable for row in tables.floors)
        self.stdout.write(
            f"{len(tables.floors)} floors hold, {unusable} of them unusable for the hourly test; "
            f"{len(tables.fx)} exchange rates."
        )
        if options["log"] and options["file"] is None:
            self.stdout.write("Logged." if log_floor_tables() else "Nothing new to log.")
