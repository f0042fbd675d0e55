"""`manage.py up`: the platform for real use, on this machine, until Ctrl-C."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify
from rich.console import Console

from byhand import env
from byhand.accounts import services as accounts
from byhand.accounts.models import Membership, Organisation, Role
from byhand.embedded.ending import Ending
from byhand.embedded.process import CannotStart
from byhand.embedded.running import running_platform


class Command(BaseCommand):
    help = "Start database, broker, pages, event stream, workers and beat; stop all of them with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="pages; the event stream is on the next port"
        )
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--organisation", default=env.text("ORGANISATION", "My organisation"))
        parser.add_argument(
            "--country", default=env.text("ORGANISATION_COUNTRY", "US"), help="ISO 3166-1 alpha-2"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        ending = Ending()
        try:
            with running_platform(port=options["port"], host=options["bind"], say=console.print) as platform:
                platform.show(console)
                console.print(f"Open [bold]{platform.site_url}[/bold]. Ctrl-C stops everything.")
                link = first_steward_link(options["organisation"], options["country"])
                if link:
                    console.print("Nobody has an account yet. The first steward signs up here:")
                    console.print(link, soft_wrap=True)
                ending.wait()
                console.print("Stopping ...")
        except CannotStart as error:
            console.print(str(error), markup=False, highlight=False, soft_wrap=True)
            sys.exit(2)
        except KeyboardInterrupt:
            console.print("Stopped while starting.")
            sys.exit(130)
        console.print("Stopped.")


def first_steward_link(name: str, country: str) -> str:
    """Return an invitation link while no real organisation has a member, else an empty string."""
    if Membership.objects.filter(organisation__simulated=False).exists():
        return ""
    organisation = Organisation.objects.filter(simulated=False).order_by("created_at").first()
    if organisation is None:
        organisation = accounts.create_organisation(
            name=name, slug=slugify(name) or "organisation", country=country
        )
    _, url = accounts.invite(actor=None, organisation=organisation, role=Role.STEWARD)
    return url
