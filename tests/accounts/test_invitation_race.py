"""Four people hold the same link and send it at once: one account. Each guard is shown to be what does it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connections

from byhand.accounts import services
from byhand.accounts.models import Invitation, Membership, User
from byhand.accounts.services import invitations

PEOPLE = 4
open_with_lock = services.open_invitation


@pytest.fixture
def token(own_database: str) -> str:
    organisation = services.create_organisation(name="River", slug="river", country="KE")
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    return url.rstrip("/").rsplit("/", 1)[1]


def accept_at_once(token: str) -> list[str]:
    """Return how each attempt ended: "made", or the name of what refused it."""
    start = threading.Barrier(PEOPLE, timeout=20)

    def attempt(number: int) -> str:
        try:
            start.wait()
            email = f"person-{number}@example.org"
            services.accept_invitation(token=token, email=email, password="seven quiet herons", name="")
            return "made"
        except (services.InvitationOver, DatabaseError) as error:
            return type(error).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return sorted(pool.map(attempt, range(PEOPLE)))


def without_lock() -> Callable[..., Invitation]:
    """Everybody has read the open invitation before anybody writes: what a missing lock allows."""
    everybody_has_read = threading.Barrier(PEOPLE, timeout=20)

    def read(token: str, **options: Any) -> Invitation:
        found = open_with_lock(token, at=options.get("at"))
        everybody_has_read.wait()
        return found

    return read


def test_one_of_four_gets_the_account(token: str) -> None:
    assert accept_at_once(token) == ["InvitationOver", "InvitationOver", "InvitationOver", "made"]
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)
    assert Invitation.objects.get().accepted_by == User.objects.get()


def test_without_the_lock_the_database_still_refuses(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "open_invitation", without_lock())
    assert accept_at_once(token) == ["IntegrityError", "IntegrityError", "IntegrityError", "made"]
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)


def test_without_either_all_four_get_in(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: this is the race that the lock and the trigger close."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_invitation DISABLE TRIGGER accounts_invitation_once")
    monkeypatch.setattr(invitations, "open_invitation", without_lock())
    assert accept_at_once(token) == ["made"] * 4
    assert (User.objects.count(), Membership.objects.count()) == (4, 4)
