"""The only writers of people, organisations, invitations, API tokens and inbox messages."""

from byhand.accounts.errors import EmailTaken, InvitationOver, InvitationUnknown, SimulatedMix
from byhand.accounts.services.inbox import Letter, mark_read, send_message, send_messages
from byhand.accounts.services.invitations import (
    accept_invitation,
    invite,
    join_by_invitation,
    open_invitation,
)
from byhand.accounts.services.people import add_member, create_organisation, create_user, rename
from byhand.accounts.services.tokens import create_token, revoke_token, use_token

__all__ = [
    "EmailTaken",
    "InvitationOver",
    "InvitationUnknown",
    "Letter",
    "SimulatedMix",
    "accept_invitation",
    "add_member",
    "create_organisation",
    "create_token",
    "create_user",
    "invite",
    "join_by_invitation",
    "mark_read",
    "open_invitation",
    "rename",
    "revoke_token",
    "send_message",
    "send_messages",
    "use_token",
]
