"""`manage.py build_frontend`: build scripts and styles with Vite, unless they are built already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from byhand.embedded import frontend


class Command(BaseCommand):
    help = "Build the frontend with Node; skipped while the sources are unchanged."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="build even if nothing changed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            built = frontend.build(force=options["force"])
        except frontend.NotBuilt as error:
            raise CommandError(f"The frontend is not built: {error}.") from error
        self.stdout.write("Built." if built else "Nothing to build: the sources are unchanged.")
