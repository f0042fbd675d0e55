"""`manage.py invite`: make an invitation and print its link. The link is all that is written to stdout."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from byhand.accounts import services
from byhand.accounts.models import Organisation, Role
from byhand.errors import DomainError


class Command(BaseCommand):
    help = (
        "Invite somebody: prints a link that makes one account. The organisation is made where there is none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=Role.values, default=Role.STEWARD.value)
        parser.add_argument(
            "--organisation", required=True, metavar="SLUG", help="short name, such as river-coop"
        )
        parser.add_argument("--name", help="full name; needed where the organisation is made")
        parser.add_argument(
            "--country", help="two-letter ISO 3166-1 code; needed where the organisation is made"
        )
        parser.add_argument("--simulated", action="store_true", help="make a simulated organisation")
        parser.add_argument("--project", type=_uuid, help="id of the project; needed for an annotator")
        parser.add_argument("--email", default="", help="only this address can use the link")
        parser.add_argument("--days", type=int, default=14, help="how long the link works (default 14)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                organisation = self._organisation(options)
                invitation, url = services.invite(
                    actor=None,
                    organisation=organisation,
                    role=options["role"],
                    project=options["project"],
                    email=options["email"],
                    days=options["days"],
                )
        except DomainError as error:
            raise CommandError("\n  ".join([error.message, *getattr(error, "problems", [])])) from error
        self.stderr.write(
            f"{organisation.name} invites as {invitation.role}; once, until {invitation.expires_at:%d %B %Y}:"
        )
        self.stdout.write(url)
        if invitation.email and settings.EMAIL_HOST:
            subject = f"{organisation.name} invites you"
            send_mail(subject, f"Open this link to make your account:\n\n{url}\n", None, [invitation.email])
            self.stderr.write("It was sent by e-mail too.")

    def _organisation(self, options: dict[str, Any]) -> Organisation:
        found = Organisation.objects.filter(slug=options["organisation"]).first()
        if found is None:
            return self._make(options)
        if options["simulated"] and not found.simulated:
            raise CommandError(f"{found.name} is a real organisation; --simulated can't change it.")
        return found

    def _make(self, options: dict[str, Any]) -> Organisation:
        if not options["name"] or not options["country"]:
            raise CommandError(
                f"There is no organisation {options['organisation']!r}. To make it, add --name and --country."
            )
        return services.create_organisation(
            name=options["name"],
            slug=options["organisation"],
            country=options["country"],
            simulated=options["simulated"],
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no project id; it stands in the address of its page") from error
