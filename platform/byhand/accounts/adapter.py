"""allauth's hooks: accounts are made from an invitation link, never by an open form."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnly(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # `byhand.accounts.views.accept_invitation` makes the account
