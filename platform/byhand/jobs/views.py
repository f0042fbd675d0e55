"""Pages of one job: as it is, live by the event stream, and as JSON for browsers whose stream is blocked."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.jobs import policy, selectors, services
from byhand.jobs.models import ENDED


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)  # LoginRequiredMiddleware turns everybody else away


@require_safe
def page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = selectors.job_for(_actor(request), job_id)
    latest = list(job.events.order_by("-pk")[:20])
    context = {
        "job": job,
        "events": latest,
        "after": latest[0].pk if latest else 0,
        "ended": job.state in ENDED,
        "may_cancel": policy.may_control(_actor(request), job),
    }
    return render(request, "jobs/job.html", context)


@require_safe
def events(request: HttpRequest, job_id: UUID) -> JsonResponse:
    job = selectors.job_for(_actor(request), job_id)
    after = request.GET.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise Invalid("`after` must be the id of an event, a whole number.")
    return JsonResponse(selectors.feed(job.pk, int(after)))


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = selectors.job_for(_actor(request), job_id)
    services.request_cancel(actor=_actor(request), job=job)
    return redirect("job", job_id=job.pk)
