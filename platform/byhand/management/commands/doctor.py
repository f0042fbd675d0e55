"""`manage.py doctor`: what is configured, what is embedded, what is missing, and what to do about it."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Table

from byhand.embedded.diagnosis import examine

_STYLE = {"ok": "green", "note": "cyan", "warning": "yellow", "missing": "red"}


class Command(BaseCommand):
    help = "Say what is configured, embedded and missing. Exit 1 when something needed is missing."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        missing = [finding for finding in findings if finding.status == "missing"]
        if options["json"]:
            body = {"ok": not missing, "findings": [finding.as_json() for finding in findings]}
            self.stdout.write(json.dumps(body, indent=2))
        else:
            table = Table(box=None, pad_edge=False)
            for heading in ("", "what", "found", "what to do"):
                table.add_column(heading, overflow="fold")
            for finding in findings:
                mark = f"[{_STYLE[finding.status]}]{finding.status}[/]"
                table.add_row(mark, finding.name, finding.detail, finding.remedy)
            Console().print(table)
        sys.exit(1 if missing else 0)
