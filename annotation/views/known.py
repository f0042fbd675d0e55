"""The engineer's pages of known answers: gold items among the others, and the items of the qualification.

What is known about an item is shown here and in the API for engineers, and to nobody else before they answered.
"""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.models import Completion, Item, ItemRole, Project
from annotation.selectors.gold import gold_answers, item_of_project, items_without_answer
from annotation.selectors.projects import project_for_engineer
from annotation.services import gold
from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, NotFound

SHOWN_ITEMS = 25
MOST_PAIRS = 8


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def known_answers(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """List what is known, and items that may still get an answer."""
    project = project_for_engineer(_user(request), project_id)
    search = request.GET.get("search", "").replace("\x00", "")[:200]
    found = list(items_without_answer(project, search)[: SHOWN_ITEMS + 1])
    context = {
        "project": project,
        "known": gold_answers(project),
        "search": search,
        "items": found[:SHOWN_ITEMS],
        "more": len(found) > SHOWN_ITEMS,
        "shown_items": SHOWN_ITEMS,
    }
    return render(request, "annotation/project_known.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def known_answer(request: HttpRequest, project_id: uuid.UUID, item_id: int) -> HttpResponse:
    """Say what is known about one item."""
    project = project_for_engineer(_user(request), project_id)
    item = _item(project, item_id)
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            _keep(_user(request), item, request.POST)
        except DomainError as error:
            refused = error
        else:
            messages.success(request, "The known answer is kept.")
            return redirect("project-known", project.pk)
    context = {
        "project": project,
        "item": item,
        "completions": _completions(item),
        "pairs": _pairs_entered(request.POST)[: _slots(project.k)],
        "entered_unacceptable": request.POST.getlist("unacceptable"),
        "entered": request.POST,
        "refused": refused,
    }
    return render(
        request, "annotation/project_known_item.html", context, status=refused.status if refused else 200
    )


@require_POST
def known_retire(request: HttpRequest, project_id: uuid.UUID, item_id: int) -> HttpResponse:
    """Use a known answer no longer."""
    project = project_for_engineer(_user(request), project_id)
    gold.retire_gold(actor=_user(request), item=_item(project, item_id))
    messages.success(request, "The known answer is used no longer. What was measured with it stays.")
    return redirect("project-known", project.pk)


def _keep(actor: User, item: Item, data: QueryDict) -> None:
    better = [
        [_index(upper), _index(lower)] for upper, lower in _pairs_entered(data) if upper != "" or lower != ""
    ]
    unacceptable = [_index(text) for text in data.getlist("unacceptable")]
    keep = {
        ItemRole.GOLD.value: gold.set_gold,
        ItemRole.QUALIFICATION.value: gold.add_qualification_item,
    }.get(str(data.get("use", "")))
    if keep is None:
        raise Invalid("Say what the item is for.", ["use: gold or qualification."])
    keep(
        actor=actor,
        item=item,
        better=better,
        unacceptable=unacceptable,
        explanation=str(data.get("explanation", "")),
    )


def _pairs_entered(data: QueryDict) -> list[tuple[str, str]]:
    return [(str(data.get(f"upper_{n}", "")), str(data.get(f"lower_{n}", ""))) for n in range(MOST_PAIRS)]


def _slots(k: int) -> int:
    """Return how many pairs are asked for: no more than k completions have."""
    return min(MOST_PAIRS, k * (k - 1) // 2)


def _index(text: str) -> int | None:
    """Return the index of a completion; None is refused with its place by the rule that checks pairs."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _item(project: Project, item_id: int) -> Item:
    item = item_of_project(project, item_id)
    if item is None:
        raise NotFound("No such item.")
    return item


def _completions(item: Item) -> list[Completion]:
    found = Completion.objects.filter(generation=item.generation_id, prompt=item.prompt_id)
    return list(found.order_by("index"))
