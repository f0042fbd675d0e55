"""Begins paid time: as a text that we require opens, and with “Start work”."""

from __future__ import annotations

from datetime import datetime

from annotation.errors import NothingToDo
from annotation.models import Project
from annotation.selectors.work import clock_in, next_step
from annotation.services.taking import has_work, take_next
from byhand.accounts.models import User
from wages.services import clock as clocks
from wages.work import Category


def begin_reading(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> bool:
    """Start the clock if a text waits to be read; return whether one does. Again: changes nothing."""
    if next_step(worker, project).document is None:
        return False
    clocks.begin_page(worker=worker, project_id=project.pk, category=Category.GUIDELINES, tab=tab, at=at)
    return True


def read_since(*, worker: User, project: Project, opened: datetime) -> None:
    """Start the clock at the time when a page without scripts was opened, unless it runs already."""
    if not clock_in(worker, project):
        begin_reading(worker=worker, project=project, at=opened)


def start(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> None:
    """Start the session and take the first item; refused before it starts where nothing can be offered."""
    if not has_work(worker=worker, project=project):
        raise NothingToDo("There is no work here now, so your clock was not started. Look again later.")
    clocks.start_work(worker=worker, project_id=project.pk, tab=tab, at=at)
    take_next(worker=worker, project=project, tab=tab, at=at)
