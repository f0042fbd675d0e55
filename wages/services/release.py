"""Release from waiting: the worker is told that there is no work, and the clock stops at that moment.

Whether there is work is for the package that hands it out to say. It holds the worker's clock lock while it looks
(`clock.lock_clock`), so that taking an item and being released can't both happen. Waiting is paid up to the
release, at least 15 minutes of it, and nothing is backdated.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.services import send_message
from wages.models import Release
from wages.rules import may_release
from wages.services.acts import close_silence, settle
from wages.services.locking import LockedClock
from wages.services.projects import database_now
from wages.services.stretch import halt
from wages.timekeeping.release_words import words


def release(clock: LockedClock, *, expected_at: datetime | None = None) -> Release | None:
    """Close the wait with its pay, stop the clock at `clock.at` and say so in words, in the caller's transaction.

    `expected_at`: no work before about then, where that is known. Returns None and changes nothing where the
    worker does not wait, holds an item, or has waited for less than 15 minutes. Raises nothing.
    """
    close_silence(clock)
    if clock.category is None or clock.project_id is None or not may_release(clock.stretch(), clock.at):
        return None
    project_id = clock.project_id
    settle(clock)
    halt(clock, clock.at)
    Release.objects.filter(worker=clock.worker_id, project=project_id, recalled_at=None).update(
        recalled_at=clock.at
    )
    made = Release.objects.create(
        worker_id=clock.worker_id,
        project_id=project_id,
        simulated=clock.simulated,
        released_at=clock.at,
        expected_at=expected_at if expected_at and expected_at > clock.at else None,
    )
    worker = User.objects.get(pk=clock.worker_id)
    send_message(
        user=worker,
        subject=_("No work for now: you are free"),
        body=words(made.released_at, made.expected_at),
        link=f"/work/{project_id}/",
    )
    return made


@transaction.atomic
def recall(*, release_id: int, at: datetime | None = None) -> bool:
    """Tell a released worker that there is work again. Once: returns False where that was said already."""
    opened = Release.objects.filter(pk=release_id, recalled_at=None)
    if not opened.update(recalled_at=at or database_now()):
        return False
    made = Release.objects.select_related("project", "worker").get(pk=release_id)
    send_message(
        user=made.worker,
        subject=_("There is work again in %(project)s") % {"project": made.project.title},
        body=_(
            "Press “Start work” when it suits you; nothing happens if you don't. Your clock is stopped until then."
        ),
        link=f"/work/{made.project_id}/",
    )
    return True
