"""When a page was opened, as the server signed it: what starts the paid clock of pages without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core import signing
from django.http import HttpRequest

from annotation.models import Project
from byhand.accounts.models import User

SALT = "annotation.opened-at"
SECONDS = 12 * 3600


def stamp(user: User, project: Project) -> str:
    """Return now, signed for this person and project; the page sends it back with its form."""
    return signing.dumps(datetime.now(UTC).timestamp(), salt=_salt(user, project))


def opened(request: HttpRequest, user: User, project: Project) -> datetime | None:
    """Return when the page was opened; None where the stamp is missing, forged or older than half a day."""
    try:
        found = signing.loads(request.POST.get("opened_at", ""), salt=_salt(user, project), max_age=SECONDS)
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(float(found), UTC)


def _salt(user: User, project: Project) -> str:
    return f"{SALT}.{project.pk}.{user.pk}"
