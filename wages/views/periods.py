"""The stewards' page of pay periods: what each came to, closing one as a job, and the journal of the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.reauth import recently_authenticated
from byhand.errors import DomainError, Invalid
from wages.models import PaidProject
from wages.selectors.journal import journal_rows, moment
from wages.selectors.periods import period_rows
from wages.services.close_jobs import start_close
from wages.views.csv_stream import csv_response
from wages.views.steward import in_words, project_of, steward_of


@require_safe
def pay_periods(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _page(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def close_period(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    try:
        job = start_close(actor=steward_of(request), project_id=project.pk)
    except DomainError as error:
        return _page(request, project, status=error.status, refused=in_words(error))
    return redirect("job", job.pk)


@require_safe
def journal(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Stream the journal; a bad range comes back as the page with its reason."""
    project = project_of(request, project_id)
    try:
        since = moment(request.GET.get("from", ""), "from")
        until = moment(request.GET.get("to", ""), "to")
    except Invalid as error:
        return _page(request, project, status=422, refused=in_words(error))
    return csv_response(journal_rows(project, since=since, until=until), "journal.csv")


def _page(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    values = {"project": project, "rows": period_rows(project), **context}
    return render(request, "wages/pay_periods.html", values, status=status)
