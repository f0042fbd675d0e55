"""`manage.py verify_log`: recompute every leaf, root and signature; exit 1 and name the first bad leaf if
not.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from wages.transparency import selectors, services, verification
from wages.transparency.models import LogLeaf


class Command(BaseCommand):
    help = "Recompute the transparency log from its rows and check every checkpoint that was signed."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            services.lock_log()  # an entry that came in half-way would look like a contradiction
            found = list(verification.problems())
        if found:
            raise CommandError("The log does not verify.\n" + "\n".join(found), returncode=1)
        size, signed = LogLeaf.objects.count(), selectors.signed_size()
        self.stdout.write(f"The log is whole: {size} entries, {signed} of them under the newest checkpoint.")
        if signed < size:
            self.stdout.write(f"{size - signed} entries are not signed yet; the next append signs them.")
