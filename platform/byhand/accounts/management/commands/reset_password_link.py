"""`manage.py reset_password_link EMAIL`: print a link that sets a new password, where there is no mail."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from byhand.accounts.models import User
from byhand.audit.services import record


class Command(BaseCommand):
    help = "Print a link with which the owner of EMAIL sets a new password. It works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"].strip(), is_active=True).first()
        if user is None:
            raise CommandError("No active account has this address.")
        key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        record(actor_id=None, action="password_link.made", subject=f"user:{user.pk}")
        self.stdout.write(settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key))
