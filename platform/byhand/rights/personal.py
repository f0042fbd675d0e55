"""What the platform's own tables hold of a person: account, messages, sessions, tokens, invitations, audit, jobs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from byhand.accounts.models import ApiToken, InboxMessage, Invitation, Membership, User
from byhand.audit.models import AuditEvent
from byhand.jobs.models import Job
from byhand.rights.models import Bundle, Erasure
from byhand.rights.registry import File, erases, exports, left_out, table
from byhand.rights.rows import as_json, json_lines

PLACEHOLDER = "erased.invalid"
"""The host of the address that an erased account keeps, so that addresses stay unique: no mail can go there."""

table("account/memberships.jsonl", Membership, "user", ("organisation__name", "role", "created_at"))
table("account/tokens.jsonl", ApiToken, "owner",
      ("name", "hint", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"))  # fmt: skip
table("account/messages.jsonl", InboxMessage, "user", ("subject", "body", "link", "created_at", "read_at"))
table("account/invitations.jsonl", Invitation, "accepted_by",
      ("organisation__name", "project", "role", "email", "created_at", "accepted_at"))  # fmt: skip
table("account/addresses.jsonl", EmailAddress, "user", ("email", "verified", "primary"))
table("account/sign_in_methods.jsonl", Authenticator, "user", ("type", "created_at", "last_used_at"))
table("account/sessions.jsonl", UserSession, "user", ("created_at", "last_seen_at", "ip", "user_agent"))
table("account/jobs.jsonl", Job, "created_by", ("kind", "state", "created_at", "finished_at"))
table("account/copies.jsonl", Bundle, "user", ("id", "asked_at", "made_at", "manifest_sha256", "kept_until"))
table("account/erasures.jsonl", Erasure, "user", ("asked_at", "due_at", "called_back_at", "done_at"))
left_out("whom you invited is other people's data; that you invited is in account/acts.jsonl",
         "accounts.Invitation.created_by")  # fmt: skip


@exports()
def account(user: User) -> Iterator[File]:
    """The account itself, and what it did, as the audit record has it: without the ids of others."""
    facts = {
        "public_id": user.public_id, "email": user.email, "name": user.name, "simulated": user.simulated,
        "joined_at": user.date_joined, "last_login": user.last_login, "active": user.is_active,
    }  # fmt: skip
    yield File("account/profile.json", [as_json(facts)])
    acts = AuditEvent.objects.filter(actor_id=user.pk).order_by("id").values_list("at", "action", "subject")
    yield File(
        "account/acts.jsonl",
        json_lines(
            {"at": at, "action": action, "about": subject.partition(":")[0]}
            for at, action, subject in acts.iterator(chunk_size=2000)
        ),
    )


@erases(order=90)
def erase(user: User, at: datetime) -> Mapping[str, int]:
    """Take away identity and every way in. The row stays for the ledger to point to; nothing leads back to a person."""
    person = User.objects.select_for_update().get(pk=user.pk)
    keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    gone = {
        "sessions": Session.objects.filter(session_key__in=keys).delete()[0] + _sessions_of(person),
        "known_sessions": UserSession.objects.filter(user=person).delete()[0],
        "sign_in_methods": Authenticator.objects.filter(user=person).delete()[0],
        "messages": InboxMessage.objects.filter(user=person).delete()[0],
        "addresses": EmailAddress.objects.filter(user=person).delete()[0],
        "tokens": ApiToken.objects.filter(owner=person, revoked_at=None).update(revoked_at=at),
    }
    Invitation.objects.filter(accepted_by=person).exclude(email="").update(email="")
    if not person.email.endswith(f"@{PLACEHOLDER}"):
        person.email = f"{secrets.token_hex(16)}@{PLACEHOLDER}"
    person.name, person.is_active, person.last_login = "", False, None
    person.set_unusable_password()
    person.save(update_fields=["email", "name", "is_active", "last_login", "password"])
    return gone


def _sessions_of(person: User) -> int:
    """Delete sessions that the list of sessions does not know, such as those of a login without a page."""
    mine = [
        session.session_key
        for session in Session.objects.iterator(chunk_size=500)
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    return Session.objects.filter(session_key__in=mine).delete()[0]
