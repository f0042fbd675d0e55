"""What the pages of this package share."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from byhand.accounts.models import User
from rewardmodel.errors import NotHere
from rewardmodel.selectors import is_member


def actor(request: HttpRequest) -> User:
    """Return who asks; LoginRequiredMiddleware turned everybody else away."""
    return cast(User, request.user)


def member(request: HttpRequest) -> User:
    """Return who asks, if they belong to an organisation. Annotators are told that there is nothing here."""
    user = actor(request)
    if not is_member(user):
        raise NotHere("There is no such page, or it is not yours to see.")
    return user
