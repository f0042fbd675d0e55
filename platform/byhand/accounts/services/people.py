"""Writes organisations, accounts and memberships. Knows nothing of projects, work or pay."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from byhand.accounts import policy, selectors
from byhand.accounts.errors import EmailTaken, SimulatedMix
from byhand.accounts.models import Membership, Organisation, Role, User
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed


def create_organisation(*, name: str, slug: str, country: str, simulated: bool = False) -> Organisation:
    """Make an organisation. Raises Invalid with every problem at once."""
    problems = policy.organisation_problems(name=name, slug=slug, country=country)
    if problems:
        raise Invalid("The organisation can't be made.", problems)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(
                name=name.strip(), slug=slug, country=country, simulated=simulated
            )
            record(actor_id=None, action="organisation.created", subject=f"organisation:{organisation.pk}")
    except IntegrityError as error:
        raise Invalid("The organisation can't be made.", [f"slug: {slug!r} is taken."]) from error
    return organisation


def create_user(
    *, email: str, password: str | None, name: str = "", simulated: bool = False, email_proven: bool = False
) -> User:
    """Make an account. `email_proven`: whoever asks for it holds a link that was sent to that address.

    Raises Invalid for a bad address or name, EmailTaken where the address has an account.
    """
    try:
        fields = {"email": policy.clean_email(email), "name": policy.clean_name(name, longest=120)}
    except ValueError as error:
        raise Invalid(_("The account can't be made."), [str(error)]) from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(password=password, simulated=simulated, **fields)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=email_proven)
            record(actor_id=user.pk, action="user.created", subject=f"user:{user.pk}")
    except IntegrityError as error:
        raise EmailTaken(
            _("This address can't be used for a new account."),
            ["email: " + _("if you have an account, sign in first and open the link again.")],
        ) from error
    return user


def rename(*, user: User, name: str) -> User:
    """Correct one's own name; the audit record holds that it changed, and neither name."""
    try:
        clean = policy.clean_name(name, longest=120)
    except ValueError as error:
        raise Invalid(_("The name can't be kept."), [str(error)]) from error
    if clean != user.name:
        with transaction.atomic():
            user.name = clean
            user.save(update_fields=["name"])
            record(actor_id=user.pk, action="user.renamed", subject=f"user:{user.pk}")
    return user


def refuse_mix(*, user: User, organisation: Organisation) -> None:
    """Raise SimulatedMix where one of the two is simulated and the other is real."""
    if user.simulated != organisation.simulated:
        raise SimulatedMix(_("Simulated and real accounts never share an organisation."))


def add_member(*, actor: User | None, user: User, organisation: Organisation, role: str) -> Membership:
    """Give `user` a role; running it again returns the membership that is there. Actor None: the platform."""
    require_inviter(actor, organisation, role)
    if role not in {Role.ENGINEER, Role.STEWARD}:
        raise Invalid("The member can't be added.", [f"role: {role!r} is neither engineer nor steward."])
    refuse_mix(user=user, organisation=organisation)
    with transaction.atomic():
        membership, made = Membership.objects.get_or_create(
            user=user, organisation=organisation, role=role, defaults={"simulated": organisation.simulated}
        )
        if made:
            subject = f"organisation:{organisation.pk}"
            actor_id = actor.pk if actor else None
            record(actor_id=actor_id, action="member.added", subject=subject, user=user.pk, role=str(role))
    return membership


def require_inviter(actor: User | None, organisation: Organisation, role: str) -> None:
    """Raise NotAllowed unless `actor` may give `role` in the organisation; None is the platform itself."""
    if actor is None:
        return
    held = selectors.memberships(actor).filter(organisation=organisation).values_list("role", flat=True)
    if not policy.may_invite(list(held), role):
        raise NotAllowed("You can't give this role in this organisation.")
