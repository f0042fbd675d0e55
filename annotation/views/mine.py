"""The pages where an annotator looks back at their own rankings in a project, and changes one."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.models import Ballot, BallotNote, Project
from annotation.ranking import InvalidRanking
from annotation.ranking_form import STRENGTH_LABELS, Entered, answer_of_form, entered_of
from annotation.selectors.mine import RECENT, given_in, own_ballot, own_rankings
from annotation.selectors.work import asked_of, project_for_worker
from annotation.services.replacing import replace_ballot
from annotation.services.withdrawing import withdraw_ballots
from annotation.views.ranker import changing_context, entered_in
from byhand.accounts.models import User
from wages.selectors import clock_view
from wages.services import clock as clocks

PARTS = ("groups", "unranked", "unacceptable", "strengths", "ratings", "flags")


@require_safe
def work_mine(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    context = {
        "project": project,
        "rankings": own_rankings(user, project),
        "recent": RECENT,
        "strengths": STRENGTH_LABELS,
        "language": (project.languages or [""])[0],
    }
    return render(request, "annotation/work_mine.html", context | _clock(request))


@require_http_methods(["GET", "HEAD", "POST"])
def work_change(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    """Show a ranking to its author as it stands, and take another in its place."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    ballot = own_ballot(user, project, lease_id)
    if request.method != "POST":
        return _show(request, project, ballot, _said(ballot), {})
    try:
        replace_ballot(
            worker=user,
            lease_id=lease_id,
            answer=answer_of_form(entered_in(request), asked_of(project), ballot.shown_order),
            key=request.POST.get("key", ""),
            note=request.POST.get("note", ""),
        )
    except InvalidRanking as error:
        return _show(request, project, ballot, entered_in(request), {"refused": error})
    messages.success(request, _("Your ranking is changed."))
    return redirect("work-mine", project.pk)


@require_safe
def my_rankings(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/my_rankings.html", {"rows": given_in(cast(User, request.user))})


@require_POST
def withdraw(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID | None = None) -> HttpResponse:
    """Take back one ranking, or all of a project."""
    count = withdraw_ballots(worker=cast(User, request.user), project_id=project_id, lease_id=lease_id)
    if count:
        messages.success(request, _("Withdrawn. No later dataset or export has it; your pay stays."))
    else:
        messages.info(request, _("There was nothing left to withdraw."))
    return redirect("work-mine", project_id) if lease_id else redirect("my_rankings")


def _show(
    request: HttpRequest, project: Project, ballot: Ballot, entered: Entered, more: dict[str, Any]
) -> HttpResponse:
    context = changing_context(project, ballot.lease, entered) | _clock(request) | more
    return render(request, "annotation/work_change.html", context, status=422 if more else 200)


def _said(ballot: Ballot) -> Entered:
    note = BallotNote.objects.filter(ballot=ballot).first()
    return entered_of({part: getattr(ballot, part) for part in PARTS}, note.text if note else "")


def _clock(request: HttpRequest) -> dict[str, Any]:
    user = cast(User, request.user)
    session = request.session.session_key or ""
    return {"clock": clock_view(user), "clock_token": clocks.clock_token(user, session)}
