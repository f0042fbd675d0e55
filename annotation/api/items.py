"""The engineer's API of what is ranked: prompts, generations, items, and the ballots that people gave."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import shapes
from annotation.api.projects import ProjectView
from annotation.selectors import browsing
from annotation.services import priorities
from annotation.services.review_requests import send_to_review
from byhand.rest.schema import describe, page_of


class Items(ProjectView):
    """Items in the order in which they were made."""

    scopes = {"GET": "items:read"}
    filters = shapes.ItemFilters
    paged = True

    @describe(responses=page_of(shapes.ItemOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        found = browsing.items_of(self.project(project_id), self.query())
        return self.page(found, shapes.ItemOut, ordering=("id",))


class ItemDetail(ProjectView):
    """One item: prompt, completions, ballots, skips, and what is known of it."""

    scopes = {"GET": "ballots:read", "PATCH": "items:write"}

    @describe(responses=shapes.ItemDetailOut)
    def get(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        return Response(shapes.ItemDetailOut(browsing.item_detail(self.project(project_id), item_id)).data)

    @describe(request=shapes.ItemChange, responses=shapes.ItemOut)
    def patch(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        """Change when it is offered: a higher priority comes first."""
        item = browsing.item_of(self.project(project_id), item_id)
        priority = self.checked(shapes.ItemChange)["priority"]
        priorities.set_priority(actor=self.user, item=item, priority=priority)
        item.priority = priority
        return Response(shapes.ItemOut(item).data)


class ItemReview(ProjectView):
    scopes = {"POST": "items:write"}

    @describe(request=shapes.ReviewRequestIn, responses=shapes.ReviewRequestOut)
    def post(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        """Send the item to review, with a reason. While a request is open, it is returned and nothing changes."""
        item = browsing.item_of(self.project(project_id), item_id)
        made = send_to_review(
            actor=self.user, item=item, reason=self.checked(shapes.ReviewRequestIn)["reason"]
        )
        return Response(shapes.ReviewRequestOut(made).data)


class Ballots(ProjectView):
    """Ballots by item, under the pseudonyms of this project."""

    scopes = {"GET": "ballots:read"}
    filters = shapes.BallotFilters
    paged = True

    @describe(responses=page_of(shapes.BallotOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        found = browsing.ballots_of(self.project(project_id), self.query())
        return self.page(found, shapes.BallotOut, ordering=("item_id", "id"))


class Prompts(ProjectView):
    scopes = {"GET": "items:read"}
    filters = shapes.PromptFilters
    paged = True

    @describe(responses=page_of(shapes.PromptOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        found = browsing.prompts_of(self.project(project_id), self.query())
        return self.page(found, shapes.PromptOut, ordering=("id",))


class Generations(ProjectView):
    scopes = {"GET": "items:read"}
    paged = True

    @describe(responses=page_of(shapes.GenerationOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        return self.page(browsing.generations_of(self.project(project_id)), shapes.GenerationOut)
