"""Pages of second looks: the reviewer's, who decides, and the engineer's, who names reviewers and reads decisions."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.errors import InvalidDecision, NotReviewer
from annotation.models import Decision, Project, Review
from annotation.quality.verdict import BY_HAND, REASONS
from annotation.ranking import InvalidRanking
from annotation.ranking_form import FLAG_LABELS, answer_of_form
from annotation.review_texts import reason_in_words
from annotation.selectors.projects import project_for_engineer
from annotation.selectors.review_page import review_page
from annotation.selectors.reviews import (
    adjudications_of,
    held_review,
    is_reviewer,
    queue_of,
    review_counts,
    review_for,
    reviewers_of,
    waiting_for,
)
from annotation.selectors.work import asked_of, project_for_worker
from annotation.services.decisions import LONGEST_REASON, decide_review
from annotation.services.reviewers import end_reviewer, name_reviewer
from annotation.services.reviews import release_review, take_review
from annotation.views.ranker import entered_in
from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid
from wages.selectors import clock_view
from wages.services import clock as clocks

LISTED = 50
TAB_LENGTH = 64


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _clock(request: HttpRequest) -> dict[str, Any]:
    session = request.session.session_key or ""
    return {"clock": clock_view(_user(request)), "clock_token": clocks.clock_token(_user(request), session)}


@require_safe
def work_review(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """The review in hand, or what waits. Changes nothing: taking one is a POST."""
    user, project = _user(request), project_for_worker(_user(request), project_id)
    review = held_review(user, project.pk)
    if review is None and not is_reviewer(user, project.pk):
        raise NotReviewer(_("An engineer of the project names who reviews. You can go on ranking."))
    if review is not None:
        return render(request, "annotation/review.html", _page(request, project, review))
    waiting = waiting_for(user, project.pk, timezone.now())
    return render(
        request, "annotation/review_next.html", {"project": project, "waiting": waiting, **_clock(request)}
    )


def _page(request: HttpRequest, project: Project, review: Review, refused: Any = None) -> dict[str, Any]:
    page = review_page(review)
    posted = request.POST
    return {
        "project": project,
        "page": page,
        "asked": asked_of(project),
        "work": f"review:{review.pk}",
        "raised": [
            (ballot.letter, [(FLAG_LABELS[kind], number) for kind, number in ballot.flags])
            for ballot in page.ballots
            if ballot.flags
        ],
        "why": [reason_in_words(reason) for reason in page.reasons],
        "key": posted.get("key") or secrets.token_hex(16),
        "chosen": posted.get("decision", ""),
        "reason": posted.get("reason", ""),
        "ranks": [
            (number, posted.get(f"rank_{number - 1}", ""), bool(posted.get(f"unacceptable_{number - 1}")))
            for number in range(1, project.k + 1)
        ],
        "rest_below": bool(posted.get("rest_below")),
        "longest": LONGEST_REASON,
        "refused": refused,
        **_clock(request),
    }


@require_POST
def work_review_take(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_worker(_user(request), project_id)
    tab = request.POST.get("tab", "")[:TAB_LENGTH]
    try:
        take_review(reviewer=_user(request), project=project, tab=tab)
    except DomainError as error:
        messages.info(request, error.message)
    return redirect("work-review", project.pk)


@require_POST
def work_review_release(request: HttpRequest, project_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    project_for_worker(_user(request), project_id)
    release_review(reviewer=_user(request), review_id=review_id)
    messages.info(request, _("Given back. Your time on it is paid."))
    return redirect("work-review", project_id)


@require_POST
def work_review_decide(request: HttpRequest, project_id: uuid.UUID, review_id: uuid.UUID) -> HttpResponse:
    """Decide, or show the form again with what is missing and all that was entered."""
    project = project_for_worker(_user(request), project_id)
    review = review_for(_user(request), review_id)
    try:
        result = _decide(request, project, review)
    except (InvalidDecision, InvalidRanking) as error:
        return render(request, "annotation/review.html", _page(request, project, review, error), status=422)
    if result.reopened:
        messages.info(request, _("Stored. A ranking came in meanwhile, so this item comes back once more."))
    else:
        messages.success(request, _("Stored."))
    return redirect("work-review", project.pk)


def _decide(request: HttpRequest, project: Project, review: Review) -> Any:
    chosen, _colon, ballot = request.POST.get("decision", "").partition(":")
    ranking = chosen == Decision.RANKING
    answer = answer_of_form(entered_in(request), asked_of(project), range(project.k)) if ranking else None
    return decide_review(
        reviewer=_user(request),
        review_id=review.pk,
        decision=chosen,
        ballot=_uuid(ballot) if ballot else None,
        answer=answer,
        reason=request.POST.get("reason", ""),
        key=request.POST.get("key", ""),
    )


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise InvalidDecision(_("This decision can't be used."), ["ballot: not on this page."]) from error


@require_safe
def reviews_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    return render(request, "annotation/reviews.html", _reviews(project))


def _reviews(project: Project, refused: Invalid | DomainError | None = None) -> dict[str, Any]:
    words = {**REASONS, BY_HAND: "sent by an engineer"}
    queue = [(row, [words[reason] for reason in row.reasons]) for row in queue_of(project)[:LISTED]]
    return {
        "project": project,
        "counts": review_counts(project),
        "queue": queue,
        "decisions": adjudications_of(project)[:LISTED],
        "reviewers": reviewers_of(project),
        "listed": LISTED,
        "refused": refused,
    }


@require_POST
def reviewer_name(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)

    def act() -> None:
        name_reviewer(actor=_user(request), project=project, email=request.POST.get("email", ""))

    return _acted(request, project, act, "They can review now, and a message told them.")


@require_POST
def reviewer_end(request: HttpRequest, project_id: uuid.UUID, reviewer_id: int) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)

    def act() -> None:
        end_reviewer(actor=_user(request), project=project, reviewer_id=reviewer_id)

    return _acted(
        request, project, act, "They get no more reviews. The one in their hands is finished and paid."
    )


def _acted(request: HttpRequest, project: Project, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        return render(request, "annotation/reviews.html", _reviews(project, error), status=error.status)
    messages.success(request, said)
    return redirect("reviews", project.pk)
