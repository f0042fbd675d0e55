"""The engineer's pages of how far projects are: the list, and one project's throughput, hours, cost and forecast."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from annotation.charts import Chart, bar_chart
from annotation.selectors.progress import ProgressPage, Row, attention, counted, progress_page
from annotation.selectors.projects import project_for_engineer, projects_of
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from byhand.money import MS_PER_HOUR
from byhand.rest.paging import paginate

LISTED = 50


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """Every project with its state, how far it is, and what needs somebody."""
    user = cast(User, request.user)
    page = paginate(
        projects_of(user),
        ordering=("-created_at", "-id"),
        cursor=request.GET.get("cursor", ""),
        limit=LISTED,
    )
    rows = [(project, counted(project), attention(project)) for project in page.rows]
    may_create = organisations_as(user, Role.ENGINEER).exists()
    return render(request, "annotation/projects.html", {"rows": rows, "page": page, "may_create": may_create})


@require_safe
def project_progress(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """The whole page, or with `?part=live` what the page fetches anew every some seconds."""
    project = project_for_engineer(cast(User, request.user), project_id)
    shown = progress_page(project)
    context: dict[str, Any] = {
        "project": project,
        "shown": shown,
        "attention": attention(project),
        "charts": _charts(shown),
        "now": timezone.now(),
    }
    live = request.GET.get("part") == "live"
    template = "annotation/_progress_live.html" if live else "annotation/project_progress.html"
    return render(request, template, context)


def _charts(shown: ProgressPage) -> list[dict[str, Any]]:
    """Return the charts of the page, each with the rows of its table."""
    return [
        _chart("Rankings by hour", "hours-ballots", shown.hours, "H:i", _ballots(shown.hours, "%H:%M")),
        _chart("Rankings by day", "days-ballots", shown.days, "Y-m-d", _ballots(shown.days, "%m-%d")),
        _chart("Paid hours by day", "days-hours", shown.days, "Y-m-d", _hours(shown.days, "%m-%d")),
    ]


def _chart(title: str, name: str, rows: tuple[Row, ...], written: str, chart: Chart) -> dict[str, Any]:
    hidden = sum(1 for row in rows if row.ballots is None)
    return {"title": title, "name": name, "rows": rows, "format": written, "chart": chart, "hidden": hidden}


def _ballots(rows: tuple[Row, ...], label: str) -> Chart:
    return bar_chart([(row.starts.strftime(label), row.ballots) for row in rows])


def _hours(rows: tuple[Row, ...], label: str) -> Chart:
    return bar_chart(
        [
            (row.starts.strftime(label), None if row.worked_ms is None else row.worked_ms / MS_PER_HOUR)
            for row in rows
        ]
    )
