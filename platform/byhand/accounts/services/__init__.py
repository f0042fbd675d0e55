"""The only writers of people, organisations, invitations and inbox messages."""

from byhand.accounts.errors import EmailTaken, InvitationOver, InvitationUnknown, SimulatedMix
from byhand.accounts.services.inbox import mark_read, send_message
from byhand.accounts.services.invitations import (
    accept_invitation,
    invite,
    join_by_invitation,
    open_invitation,
)
from byhand.accounts.services.people import add_member, create_organisation, create_user, rename

__all__ = [
    "EmailTaken",
    "InvitationOver",
    "InvitationUnknown",
    "SimulatedMix",
    "accept_invitation",
    "add_member",
    "create_organisation",
    "create_user",
    "invite",
    "join_by_invitation",
    "mark_read",
    "open_invitation",
    "rename",
    "send_message",
]
