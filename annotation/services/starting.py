"""Begins paid time: as a text that we require opens, and with “Start work”."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from annotation.errors import NothingToDo
from annotation.models import Project
from annotation.selectors.work import clock_in, next_step
from annotation.services.taking import has_work, take_next
from byhand.accounts.models import User
from wages.services import clock as clocks
from wages.work import Category

# Pages that we require: their time starts by itself as they open.
PAGES = {
    "warning": Category.GUIDELINES,
    "terms": Category.GUIDELINES,
    "guidelines": Category.GUIDELINES,
    "feedback": Category.QUALIFICATION,
}


def begin_reading(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> bool:
    """Start the clock if a page that we require is open; return whether one is. Again: changes nothing."""
    category = PAGES.get(next_step(worker, project).name)
    if category is None:
        return False
    clocks.begin_page(worker=worker, project_id=project.pk, category=category, tab=tab, at=at)
    return True


def read_since(*, worker: User, project: Project, opened: datetime) -> None:
    """Start the clock at the time when a page without scripts was opened, unless it runs already."""
    if not clock_in(worker, project):
        begin_reading(worker=worker, project=project, at=opened)


def start(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> None:
    """Start the session and take the first item; refused before it starts where nothing can be offered."""
    if not has_work(worker=worker, project=project):
        raise NothingToDo(_("There is no work here now, so your clock was not started. Look again later."))
    clocks.start_work(worker=worker, project_id=project.pk, tab=tab, at=at)
    take_next(worker=worker, project=project, tab=tab, at=at)
