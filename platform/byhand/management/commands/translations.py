"""`manage.py translations`: bring the catalogues up to the texts of the source; `--check` only says what is missing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from byhand import translations


class Command(BaseCommand):
    help = "Write frontend/locale from the texts marked for translation; --check changes nothing, exit 1 if incomplete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="say what is missing and change nothing")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        found = []
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            if not check:
                translations.update(language)
            found += translations.problems(language)
        for problem in found:
            self.stdout.write(problem)
        if found:
            raise SystemExit(1)
        self.stdout.write("Every text is translated.")
