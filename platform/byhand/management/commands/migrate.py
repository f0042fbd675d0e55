"""`manage.py migrate`, run as the owner role, with the app role's grants renewed afterwards."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from byhand import roles


class Command(DjangoMigrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError(
                "Set DATABASE_OWNER_URL: migrations run as the owner role, never as the app role."
            )
        connection = connections["owner"]
        connection.ensure_connection()
        roles.make_extensions(connection.connection)
        super().handle(*args, **options)
        call_command("createcachetable", database="owner", verbosity=0)
        roles.grant_app_role(connection.connection, settings.DATABASES["default"]["USER"])
        roles.grant_retire_role(connection.connection)
