"""The public page that leads from a downloaded file to the labor behind it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rewardmodel import selectors
from wages.reports.selectors import reports_for_digest


@login_not_required
@require_safe
def page(request: HttpRequest, digest: str) -> HttpResponse:
    """Say which published reports cover this digest. A model without a report is named by its digest alone."""
    digest = digest.lower()
    known = bool(selectors.by_any_digest(digest))
    reports = list(reports_for_digest(digest))
    context = {"digest": digest, "known": known or bool(reports), "reports": reports}
    return render(request, "rewardmodel/labor.html", context, status=200 if context["known"] else 404)
