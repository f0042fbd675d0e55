"""`manage.py invite` prints a link that works, and says what is missing."""

from __future__ import annotations

import uuid

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from byhand.accounts import selectors
from byhand.accounts.models import Invitation, Organisation, User

NEW = ["--organisation", "river", "--name", "River Cooperative", "--country", "KE"]


def test_the_first_steward_comes_in_by_the_printed_link(
    db: None, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("invite", *NEW)
    link = capsys.readouterr().out
    assert link.count("\n") == 1 and link.startswith("http://localhost:8000/invitation/")
    form = {"email": "first@example.org", "name": "", "password": "seven quiet herons"}
    assert client.post(link.strip(), form)["Location"] == "/"
    assert selectors.is_steward(User.objects.get(), Organisation.objects.get().pk)


def test_a_second_invitation_uses_the_same_organisation(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite", *NEW)
    call_command("invite", "--organisation", "river", "--role", "annotator", "--project", str(uuid.uuid4()))
    assert (Organisation.objects.count(), Invitation.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--organisation", "river"], "add --name and --country"),
        ([*NEW, "--role", "annotator"], "an annotator is invited to a project"),
        ([*NEW[:-1], "Kenya"], "two-letter"),
        ([*NEW, "--email", "nonsense"], "is not an e-mail address"),
        ([*NEW, "--days", "1000"], "from 1 to 90"),
        ([*NEW, "--project", "nope"], "'nope' is no project id"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(db: None, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("invite", *arguments)
    assert (Organisation.objects.count(), Invitation.objects.count()) == (0, 0)


def test_with_a_mail_server_the_link_is_sent_too(
    db: None, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_HOST = "mail.example.org"  # type: ignore[attr-defined]
    call_command("invite", *NEW, "--email", "first@example.org")
    assert mail.outbox[0].to == ["first@example.org"]
    assert capsys.readouterr().out.strip() in mail.outbox[0].body
