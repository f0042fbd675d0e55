"""`manage.py verify_ledger`: prove the ledger from its rows; exit 1 and name the first bad row if it fails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wages.models import Entry, Interval
from wages.verification import verify


class Command(BaseCommand):
    help = "Prove that intervals, accruals, postings, closed periods and reservations are one and the same money."

    def handle(self, *args: Any, **options: Any) -> None:
        bad = []
        for finding in verify():
            self.stdout.write(f"{'ok ' if finding.bad is None else 'BAD'}  {finding.check}")
            if finding.bad is not None:
                self.stdout.write(f"     {finding.bad}")
                bad.append(finding)
        if bad:
            raise CommandError(f"The ledger does not prove: {bad[0].bad} ({bad[0].check}).")
        self.stdout.write(
            f"The ledger proves: {Entry.objects.count()} entries, {Interval.objects.count()} intervals."
        )
