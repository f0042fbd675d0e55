"""Two people, their tokens, and messages to page through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from byhand.accounts.models import InboxMessage, User
from byhand.accounts.services import create_token, create_user

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def user(db: None) -> User:
    return create_user(email="reader@example.org", password=None, name="Reader")


@pytest.fixture
def client(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def bearer(user: User) -> Callable[..., Client]:
    """Make a program with a token of `user` and these scopes; CSRF is enforced, as it is for browsers."""

    def make(*scopes: str, **options: Any) -> Client:
        _, secret = create_token(actor=user, name=" ".join(scopes)[:80], scopes=list(scopes), **options)
        return Client(
            enforce_csrf_checks=True,
            raise_request_exception=False,
            headers={"Authorization": f"Bearer {secret}"},
        )

    return make


def add_messages(user: User, count: int, *, first: int = 0, apart: int = 1) -> list[int]:
    """Write messages and return their ids, oldest first; `apart` = 0: all of the same moment."""
    rows = [
        InboxMessage(
            user=user,
            subject=f"m{(first + n) % 3}",
            body="",
            created_at=START + timedelta(minutes=apart * (first + n)),
        )
        for n in range(count)
    ]
    return [row.pk for row in InboxMessage.objects.bulk_create(rows)]
