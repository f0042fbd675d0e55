"""What accounts refuse, each with its stable code."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotAllowed, NotFound


class InvitationUnknown(NotFound):
    code = "invitation_unknown"


class InvitationOver(DomainError):
    """The link was used, or its time is over."""

    code = "invitation_over"
    status = 410


class EmailTaken(Invalid):
    code = "email_taken"


class SimulatedMix(NotAllowed):
    """A real account and a simulated organisation, or the reverse."""

    code = "simulated_mix"
