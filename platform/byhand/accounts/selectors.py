"""Reads about people: who is what, where, and what waits in their inbox. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import QuerySet

from byhand.accounts.models import ApiToken, InboxMessage, Invitation, Membership, Organisation, Role, User
from byhand.errors import NotAllowed

Person = User | AnonymousUser

# plain SQL, because every page of a signed-in person passes here and compiling it took longer than running it
_HEADER = """
SELECT EXISTS (SELECT 1 FROM accounts_membership WHERE user_id = %(user)s AND role = 'engineer'),
    EXISTS (SELECT 1 FROM accounts_membership WHERE user_id = %(user)s AND role = 'steward'),
    EXISTS (SELECT 1 FROM accounts_invitation WHERE accepted_by_id = %(user)s AND role = 'annotator'),
    (SELECT count(*) FROM accounts_inboxmessage WHERE user_id = %(user)s AND read_at IS NULL)
"""


@dataclass(frozen=True)
class Header:
    """What the header of every page shows about the person who is signed in."""

    engineer: bool = False
    steward: bool = False
    annotator: bool = False
    unread: int = 0

    @property
    def roles(self) -> tuple[str, ...]:
        held = (
            (Role.ANNOTATOR, self.annotator),
            (Role.ENGINEER, self.engineer),
            (Role.STEWARD, self.steward),
        )
        return tuple(role.value for role, holds in held if holds)


def header(user: Person) -> Header:
    """Return roles and unread messages in one query; no query for somebody who is not signed in."""
    if not isinstance(user, User) or user.pk is None:
        return Header()
    with connection.cursor() as cursor:
        cursor.execute(_HEADER, {"user": user.pk})
        return Header(*cursor.fetchone())


def memberships(user: Person) -> QuerySet[Membership]:
    if not user.is_authenticated:
        return Membership.objects.none()
    return Membership.objects.filter(user_id=user.pk).select_related("organisation")


def organisations_as(user: Person, role: str) -> QuerySet[Organisation]:
    """Return the organisations in which `user` is an engineer, or a steward."""
    if not user.is_authenticated:
        return Organisation.objects.none()
    return Organisation.objects.filter(memberships__user_id=user.pk, memberships__role=role).order_by(
        "name", "id"
    )


def _is(user: Person, organisation_id: UUID | None, role: str) -> bool:
    if not user.is_authenticated or not user.is_active or organisation_id is None:
        return False
    return Membership.objects.filter(user_id=user.pk, organisation_id=organisation_id, role=role).exists()


def is_engineer(user: Person, organisation_id: UUID | None) -> bool:
    return _is(user, organisation_id, Role.ENGINEER)


def is_steward(user: Person, organisation_id: UUID | None) -> bool:
    return _is(user, organisation_id, Role.STEWARD)


def require_engineer(user: Person, organisation_id: UUID | None) -> None:
    """Raise NotAllowed unless `user` is an engineer of the organisation."""
    if not is_engineer(user, organisation_id):
        raise NotAllowed("Only an engineer of this organisation can do this.")


def require_steward(user: Person, organisation_id: UUID | None) -> None:
    """Raise NotAllowed unless `user` is a steward of the organisation."""
    if not is_steward(user, organisation_id):
        raise NotAllowed("Only a steward of this organisation can do this.")


def invited_projects(user: Person) -> set[UUID]:
    """Return the projects to which `user` came, or was added, by an annotator's invitation."""
    if not user.is_authenticated:
        return set()
    accepted = Invitation.objects.filter(accepted_by_id=user.pk, role=Role.ANNOTATOR, project__isnull=False)
    return {project for project in accepted.values_list("project", flat=True) if project}


def inbox(user: User) -> QuerySet[InboxMessage]:
    return InboxMessage.objects.filter(user=user).order_by("-created_at", "-id")


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the tokens of one person that were not revoked, newest first; nobody else's, ever."""
    return ApiToken.objects.filter(owner=user, revoked_at__isnull=True).order_by("-created_at", "-id")
