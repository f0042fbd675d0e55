"""Who takes part in the demo: one simulated organisation, its members, six annotators and two guests.

Every account is simulated and made as a person's would be, from an invitation. The passwords are random,
kept in one file that only its owner can read, so that a second run can sign in again.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from annotation.models import Project
from annotation.services.participation import join_project
from byhand.accounts import services as accounts
from byhand.accounts.models import Organisation, Role, User
from byhand.demo.people import CREW

SLUG = "byhand-demo"
DOMAIN = "demo.invalid"  # RFC 2606: a name that no mail can ever reach
ENGINEER, STEWARD, SECOND_STEWARD = "engineer", "steward", "second-steward"
GUESTS = ("guest-1", "guest-2")
CREW_LOGINS = tuple(f"simulated-{n}" for n in range(1, len(CREW) + 1))


@dataclass(frozen=True)
class Account:
    """How to sign in as somebody."""

    login: str
    email: str
    password: str
    role: str

    @property
    def user(self) -> User:
        return User.objects.get(email=self.email)


@dataclass(frozen=True)
class Cast:
    organisation: Organisation
    accounts: dict[str, Account]

    def __getitem__(self, login: str) -> Account:
        return self.accounts[login]

    @property
    def engineer(self) -> User:
        return self.accounts[ENGINEER].user


def assemble(folder: Path) -> Cast:
    """Return the cast, making whoever is missing."""
    organisation = Organisation.objects.filter(slug=SLUG).first() or accounts.create_organisation(
        name="Byhand demo (simulated)", slug=SLUG, country="NL", simulated=True
    )
    passwords = _passwords(folder / "accounts.json")
    members = {ENGINEER: Role.ENGINEER, STEWARD: Role.STEWARD, SECOND_STEWARD: Role.STEWARD}
    people = {login: _account(login, role, passwords) for login, role in members.items()}
    people |= {login: _account(login, Role.ANNOTATOR, passwords) for login in (*CREW_LOGINS, *GUESTS)}
    for account in people.values():
        if not User.objects.filter(email=account.email).exists() and account.role != Role.ANNOTATOR:
            _join(organisation, account, None)
    return Cast(organisation, people)


def invite_to(cast: Cast, project: Project, logins: tuple[str, ...]) -> None:
    """Invite annotators to a project, and let each of them accept; those who are in already stay in."""
    for login in logins:
        account = cast[login]
        if not project.participations.filter(user__email=account.email).exists():
            with transaction.atomic():
                user = _join(cast.organisation, account, project.pk)
                join_project(user=user, project_id=project.pk)


def _join(organisation: Organisation, account: Account, project: uuid.UUID | None) -> User:
    _, url = accounts.invite(
        actor=None, organisation=organisation, role=account.role, project=project, email=account.email
    )
    token = url.rstrip("/").rsplit("/", 1)[1]
    known = User.objects.filter(email=account.email).first()
    if known:
        return accounts.join_by_invitation(token=token, user=known)
    return accounts.accept_invitation(
        token=token, email=account.email, password=account.password, name=_name(account)
    )


def _name(account: Account) -> str:
    if account.login in CREW_LOGINS:
        return CREW[CREW_LOGINS.index(account.login)].name
    return f"{account.login} (simulated)"


def _account(login: str, role: str, passwords: dict[str, str]) -> Account:
    return Account(login, f"{login}@{DOMAIN}", passwords[login], role)


def _passwords(file: Path) -> dict[str, str]:
    """Return the passwords by login; they are made once, in hex so that none is ever too like its e-mail address."""
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    logins = (ENGINEER, STEWARD, SECOND_STEWARD, *CREW_LOGINS, *GUESTS)
    made = {login: "-".join(secrets.token_hex(3) for _ in range(3)) for login in logins}
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(made, out, indent=1)
    return made
