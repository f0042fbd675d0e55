"""The engineer's item browser: items by filters, one item with its ballots side by side, one ballot."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.api.shapes import ItemFilters
from annotation.errors import InvalidDecision
from annotation.models import Ballot, Completion, ItemRole, Project, SkipReason
from annotation.selectors import browsing
from annotation.selectors.projects import project_for_engineer
from annotation.services.review_requests import LONGEST_REASON, send_to_review
from byhand.accounts.models import User
from byhand.rest.paging import Page, paginate
from byhand.rest.problems import named_problems

LISTED = 50
LETTERS = "ABCDEFGHI"


def _project(request: HttpRequest, project_id: uuid.UUID) -> Project:
    return project_for_engineer(cast(User, request.user), project_id)


@require_safe
def item_list(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Items that fit the filters; the same filters as the API, and nothing is counted."""
    project = _project(request, project_id)
    given = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    filters = ItemFilters(data=given)
    problems = [] if filters.is_valid() else named_problems(filters.errors)
    found = browsing.items_of(project, {} if problems else filters.validated_data)
    page = paginate(found, ordering=("id",), cursor=request.GET.get("cursor", ""), limit=LISTED)
    imports = project.imports.filter(published_at__isnull=False).order_by("-created_at")
    context = {
        "project": project,
        "page": page,
        "given": given,
        "filtered": bool(given),
        "problems": problems,
        "roles": ItemRole.choices,
        "sources": imports.only("id", "filename")[:50],
        "links": _links(request.GET, page),
    }
    return render(request, "annotation/items.html", context, status=400 if problems else 200)


def _links(query: QueryDict, page: Page[Any]) -> dict[str, str]:
    """Return the addresses of the neighbouring pages with the same filters."""

    def link(cursor: str | None) -> str:
        if cursor is None:
            return ""
        kept = query.copy()
        kept["cursor"] = cursor
        return f"?{kept.urlencode()}"

    return {"next": link(page.next), "previous": link(page.previous)}


@require_safe
def item_page(request: HttpRequest, project_id: uuid.UUID, item_id: int) -> HttpResponse:
    return _item(request, _project(request, project_id), item_id)


@require_POST
def item_review(request: HttpRequest, project_id: uuid.UUID, item_id: int) -> HttpResponse:
    """Send an item to review, with the engineer's reason."""
    project = _project(request, project_id)
    item = browsing.item_of(project, item_id)
    try:
        send_to_review(actor=cast(User, request.user), item=item, reason=request.POST.get("reason", ""))
    except InvalidDecision as error:
        return _item(request, project, item_id, refused=error)
    messages.success(request, "The item waits for a reviewer.")
    return redirect("item", project.pk, item_id)


def _item(
    request: HttpRequest, project: Project, item_id: int, refused: InvalidDecision | None = None
) -> HttpResponse:
    detail = browsing.item_detail(project, item_id)
    reasons = dict(SkipReason.choices)
    context = {
        "project": project,
        "detail": detail,
        "done": detail.item.ballots_count >= detail.item.overlap,
        "completions": [(LETTERS[one.index], one) for one in detail.completions],
        "ballots": [(ballot, placed(ballot)) for ballot in detail.ballots],
        "skips": [(skip, reasons.get(skip.reason, skip.reason)) for skip in detail.skips],
        "gold": _gold(detail),
        "decided": _decided(detail),
        "may_review": detail.item.role != ItemRole.QUALIFICATION,
        "longest_reason": LONGEST_REASON,
        "refused": refused,
        "entered": request.POST.get("reason", "") if refused else "",
    }
    return render(request, "annotation/item.html", context, status=422 if refused else 200)


def _decided(detail: browsing.ItemDetail) -> dict[str, Any] | None:
    """Return the decision that stands, as the page reads it."""
    made = detail.decision
    if made is None:
        return None
    answer = made.answer or {}
    tiers = [*answer.get("groups", [])]
    levels = [{"name": f"{rank}", "letters": _letters(tier)} for rank, tier in enumerate(tiers, start=1)]
    levels += [
        {"name": name, "letters": _letters(answer[name])}
        for name in ("unranked", "unacceptable")
        if answer.get(name)
    ]
    return {"made": made, "reason": made.reason.text if hasattr(made, "reason") else "", "levels": levels}


def _letters(indexes: list[int]) -> list[str]:
    return [LETTERS[index] for index in indexes]


def _gold(detail: browsing.ItemDetail) -> dict[str, Any] | None:
    if detail.gold is None:
        return None
    return {
        "pairs": [(LETTERS[better], LETTERS[worse]) for better, worse in detail.gold.better],
        "unacceptable": [LETTERS[index] for index in detail.gold.unacceptable],
        "explanation": detail.gold.explanation,
        "retired": detail.gold.retired_at is not None,
    }


@require_safe
def ballot_page(request: HttpRequest, project_id: uuid.UUID, ballot_id: uuid.UUID) -> HttpResponse:
    project = _project(request, project_id)
    ballot = browsing.ballot_of(project, ballot_id)
    detail = browsing.item_detail(project, ballot.item_id)
    texts = {one.index: one for one in detail.completions}
    context = {
        "project": project,
        "ballot": ballot,
        "detail": detail,
        "placed": placed(ballot, texts),
        "shown": [LETTERS[index] for index in ballot.shown_order],
    }
    return render(request, "annotation/ballot.html", context)


def placed(ballot: Ballot, texts: dict[int, Completion] | None = None) -> dict[str, Any]:
    """Return a ballot as its page reads it: levels from the best down, letters for indexes."""
    strengths = [*ballot.strengths, None]
    levels = [
        {
            "name": f"{rank}",
            "entries": _entries(group, texts),
            "strength": strengths[rank - 1 : rank] or [None],
        }
        for rank, group in enumerate(ballot.groups, start=1)
    ]
    if ballot.unranked:
        levels.append({"name": "unranked", "entries": _entries(ballot.unranked, texts), "strength": [None]})
    if ballot.unacceptable:
        levels.append(
            {"name": "unacceptable", "entries": _entries(ballot.unacceptable, texts), "strength": [None]}
        )
    return {
        "levels": levels,
        "ratings": [
            (name, [(LETTERS[index], value) for index, value in enumerate(values)])
            for name, values in ballot.ratings.items()
        ],
        "flags": [
            (
                flag["kind"].replace("_", " "),
                "" if flag.get("completion") is None else LETTERS[flag["completion"]],
            )
            for flag in ballot.flags
        ],
        "letters": [LETTERS[index] for index in range(len(ballot.shown_order))],
    }


def _entries(group: list[int], texts: dict[int, Completion] | None) -> list[tuple[str, Completion | None]]:
    return [(LETTERS[index], texts.get(index) if texts else None) for index in group]
