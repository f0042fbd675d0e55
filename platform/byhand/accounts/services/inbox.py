"""Writes the messages inside the platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from byhand.accounts import policy
from byhand.accounts.models import InboxMessage, User
from byhand.errors import Invalid


@dataclass(frozen=True)
class Letter:
    """One message of many."""

    user_id: int
    subject: str
    body: str


def send_message(*, user: User, subject: str, body: str, link: str = "") -> InboxMessage:
    """Put a message into the person's inbox. `link` is a path on this site."""
    _check(link)
    return InboxMessage.objects.create(user=user, subject=subject[:200], body=body, link=link)


def send_messages(letters: Iterable[Letter], *, link: str = "") -> None:
    """Put a message into the inbox of each person, many in one statement. `link` is a path on this site."""
    _check(link)
    InboxMessage.objects.bulk_create(
        (
            InboxMessage(user_id=letter.user_id, subject=letter.subject[:200], body=letter.body, link=link)
            for letter in letters
        ),
        batch_size=1000,
    )


def _check(link: str) -> None:
    if not policy.is_local_path(link):
        raise Invalid("The message can't be sent.", ["link: must be a path on this site."])


def mark_read(*, user: User, message_id: int | None = None, at: datetime | None = None) -> int:
    """Mark one message read, or all; return how many were unread. Other people's messages are untouched."""
    unread = InboxMessage.objects.filter(user=user, read_at__isnull=True)
    fields: dict[str, Any] = {"pk": message_id} if message_id is not None else {}
    return unread.filter(**fields).update(read_at=at or timezone.now())
