"""A process of its own that closes one period, so that its memory is its own: `python -m byhand.bench.closer`.

One JSON line in, one out for its database backend, one out at the end. The database is the one in DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byhand.settings")
    django.setup()
    from django.db import connection

    from byhand.accounts.models import User
    from wages.services.periods import close_period

    order = json.loads(sys.stdin.readline())
    actor, at = User.objects.get(pk=order["actor"]), datetime.fromisoformat(order["at"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        _say({"backend": cursor.fetchone()[0]})
    began = time.perf_counter()
    period = close_period(actor=actor, project_id=UUID(order["project"]), at=at)
    seconds = time.perf_counter() - began
    _say({"seconds": seconds, "peak_mb": _peak_kb() / 1024, "period": period.pk})


def _peak_kb() -> int:
    """Return the most memory that this program has had; `ru_maxrss` would count the one that started it too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
