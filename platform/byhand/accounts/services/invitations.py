"""Writes invitations: one link, one account, once. An annotator's project is known here by UUID alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from byhand.accounts import policy
from byhand.accounts.errors import InvitationOver, InvitationUnknown
from byhand.accounts.models import Invitation, Organisation, Role, User
from byhand.accounts.services.people import add_member, create_user, refuse_mix, require_inviter
from byhand.audit.services import record
from byhand.errors import Invalid


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _invitation_problems(*, role: str, project: UUID | None, days: int) -> list[str]:
    problems = []
    if role not in Role.values:
        problems.append(f"role: {role!r} is none of {', '.join(Role.values)}.")
    if role == Role.ANNOTATOR and project is None:
        problems.append("project: an annotator is invited to a project; give its id.")
    if role != Role.ANNOTATOR and project is not None:
        problems.append("project: only an annotator is invited to a project.")
    if not 1 <= days <= policy.LONGEST_INVITATION_DAYS:
        problems.append(f"days: from 1 to {policy.LONGEST_INVITATION_DAYS}.")
    return problems


def invite(
    *,
    actor: User | None,
    organisation: Organisation,
    role: str,
    project: UUID | None = None,
    email: str = "",
    days: int = 14,
    at: datetime | None = None,
) -> tuple[Invitation, str]:
    """Make an invitation and return it with its link, which is shown once: only the token's hash is kept.

    Raises Invalid with every problem, NotAllowed where the actor can't give this role.
    """
    problems = _invitation_problems(role=role, project=project, days=days)
    try:
        address = policy.clean_email(email) if email.strip() else ""
    except ValueError as error:
        problems.append(str(error))
    if problems:
        raise Invalid("The invitation can't be made.", problems)
    require_inviter(actor, organisation, role)
    token, now = secrets.token_urlsafe(32), at or timezone.now()
    with transaction.atomic():
        invitation = Invitation.objects.create(
            token_hash=_hash(token),
            organisation=organisation,
            simulated=organisation.simulated,
            role=role,
            project=project,
            email=address,
            created_by=actor,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        subject = f"invitation:{invitation.pk}"
        record(
            actor_id=actor.pk if actor else None, action="invitation.made", subject=subject, role=str(role)
        )
    return invitation, settings.SITE_URL + reverse("invitation", args=[token])


def open_invitation(token: str, *, at: datetime | None = None, lock: bool = False) -> Invitation:
    """Return the invitation of a link that can still be used; with `lock`, held until the transaction ends.

    Raises InvitationUnknown or InvitationOver.
    """
    found = Invitation.objects.filter(token_hash=_hash(token))
    if lock:
        found = found.select_for_update()
    invitation = found.first()
    if invitation is None:
        raise InvitationUnknown(
            _("We don't know this link. Check that you copied all of it, or ask for a new one.")
        )
    if invitation.accepted_at is not None:
        raise InvitationOver(_("This link was used before. If it was you, sign in."))
    if invitation.expires_at <= (at or timezone.now()):
        raise InvitationOver(_("The time of this link is over. Ask the person who sent it for a new one."))
    return invitation


def accept_invitation(
    *, token: str, email: str, password: str, name: str, at: datetime | None = None
) -> User:
    """Make the account an invitation stands for, once, and give it its role, all in one transaction."""
    now = at or timezone.now()
    with transaction.atomic():
        invitation = open_invitation(token, at=now, lock=True)
        _require_address(invitation, email)
        _require_strong(password, User(email=email, name=name))
        user = create_user(
            email=email,
            password=password,
            name=name,
            simulated=invitation.simulated,
            email_proven=bool(invitation.email),
        )
        _give(invitation, user, now)
    return user


def join_by_invitation(*, token: str, user: User, at: datetime | None = None) -> User:
    """Accept an invitation with an account that exists already, once."""
    now = at or timezone.now()
    with transaction.atomic():
        invitation = open_invitation(token, at=now, lock=True)
        _require_address(invitation, user.email)
        refuse_mix(user=user, organisation=invitation.organisation)
        _give(invitation, user, now)
    return user


def _require_address(invitation: Invitation, email: str) -> None:
    if invitation.email and invitation.email != email.strip().lower():
        raise Invalid(
            _("The invitation can't be accepted."),
            ["email: " + _("this invitation was made for another address.")],
        )


def _require_strong(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            _("Choose another password."), [f"password: {text}" for text in error.messages]
        ) from error


def _give(invitation: Invitation, user: User, now: datetime) -> None:
    invitation.accepted_by, invitation.accepted_at = user, now
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    if invitation.role != Role.ANNOTATOR:
        add_member(actor=None, user=user, organisation=invitation.organisation, role=invitation.role)
    record(actor_id=user.pk, action="invitation.accepted", subject=f"invitation:{invitation.pk}")
