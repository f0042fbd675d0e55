"""Writes API tokens: made once and shown once, revoked for ever. Which act needs which scope is not decided here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from byhand.accounts import policy, secret_forms
from byhand.accounts.models import ApiToken, User
from byhand.accounts.scopes import SCOPES
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound

USUAL_DAYS, LONGEST_DAYS, MOST_TOKENS = 90, 365, 50


def create_token(
    *, actor: User, name: str, scopes: list[str], days: int = USUAL_DAYS, at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for `actor` and return it with its secret, which nobody can read again.

    Raises Invalid with every problem; a name that a live token of this person has is one.
    """
    now, wanted = at or timezone.now(), sorted(set(scopes))
    label = _clean(name, wanted, days)
    secret = secret_forms.new_token()
    row = ApiToken(
        owner=actor, name=label, token_hash=secret_forms.token_hash(secret), hint=secret[:8], scopes=wanted,
        created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    try:
        with transaction.atomic():
            _require_room(actor, now)
            row.save(force_insert=True)
            record(
                actor_id=actor.pk, action="token.created", subject=f"token:{row.pk}", scopes=wanted, days=days
            )
    except IntegrityError as error:
        raise Invalid(
            _("The token can't be made."),
            ["name: " + _("a token of yours has this name. Revoke it, or choose another.")],
        ) from error
    return row, secret


def _clean(name: str, scopes: list[str], days: int) -> str:
    problems, label = [], ""
    try:
        label = policy.clean_name(name, longest=80)
        if not label:
            problems.append("name: say what the token is for.")
    except ValueError as error:
        problems.append(str(error))
    if not scopes:
        problems.append("scopes: choose at least one.")
    problems += [f"scopes: {scope[:40]!r} does not exist." for scope in scopes if scope not in SCOPES]
    if not 1 <= days <= LONGEST_DAYS:
        problems.append(f"days: from 1 to {LONGEST_DAYS}.")
    if problems:
        raise Invalid(_("The token can't be made."), problems)
    return label


def _require_room(actor: User, now: datetime) -> None:
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    live = ApiToken.objects.filter(owner=actor, revoked_at__isnull=True, expires_at__gt=now).count()
    if live >= MOST_TOKENS:
        raise Invalid(
            _("The token can't be made."),
            ["name: " + _("you have %(n)d tokens. Revoke one first.") % {"n": live}],
        )


def revoke_token(*, actor: User, token_id: UUID, at: datetime | None = None) -> ApiToken:
    """End a token of one's own at once; again, it stays as it is. Raises NotFound for anybody else's."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id, owner=actor).first()
        if token is None:
            raise NotFound(_("You have no such token."))
        if token.revoked_at is None:
            token.revoked_at = at or timezone.now()
            token.save(update_fields=["revoked_at"])
            record(actor_id=actor.pk, action="token.revoked", subject=f"token:{token.pk}")
    return token


def use_token(*, secret: str, at: datetime | None = None) -> ApiToken | None:
    """Return the live token of a secret with its owner, and note the hour of its use; None where there is none."""
    if not secret_forms.well_formed(secret):
        return None
    now = at or timezone.now()
    live: dict[str, Any] = {"revoked_at__isnull": True, "expires_at__gt": now, "owner__is_active": True}
    found = ApiToken.objects.select_related("owner").filter(
        token_hash=secret_forms.token_hash(secret), **live
    )
    token = found.first()
    hour = now.replace(minute=0, second=0, microsecond=0)
    if token is not None and (token.last_used_at is None or token.last_used_at < hour):
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=hour)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=hour)
    return token
