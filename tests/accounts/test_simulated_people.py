"""Simulated and real people never mix: the service says so, and so does the database."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Case, When
from django.utils import timezone

from byhand.accounts import services
from byhand.accounts.models import Invitation, Membership, Organisation, User

PASSWORD = "seven quiet herons"


def token_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[1]


def test_a_simulated_organisation_makes_simulated_accounts(simulated: Organisation) -> None:
    _, url = services.invite(actor=None, organisation=simulated, role="steward")
    user = services.accept_invitation(token=token_of(url), email="s@example.org", password=PASSWORD, name="")
    assert user.simulated
    assert Membership.objects.get().simulated


def test_a_real_account_can_not_join_a_simulated_organisation(simulated: Organisation, user: User) -> None:
    _, url = services.invite(actor=None, organisation=simulated, role="engineer")
    with pytest.raises(services.SimulatedMix):
        services.join_by_invitation(token=token_of(url), user=user)
    with pytest.raises(services.SimulatedMix):
        services.add_member(actor=None, user=user, organisation=simulated, role="engineer")
    assert Membership.objects.count() == 0
    assert Invitation.objects.get().accepted_at is None


def test_a_simulated_account_can_not_join_a_real_organisation(organisation: Organisation) -> None:
    person = services.create_user(email="s@example.org", password=PASSWORD, simulated=True)
    with pytest.raises(services.SimulatedMix):
        services.add_member(actor=None, user=person, organisation=organisation, role="engineer")
    assert Membership.objects.count() == 0


@pytest.mark.parametrize("mark", [True, False])
def test_the_database_refuses_a_mixed_membership(simulated: Organisation, user: User, mark: bool) -> None:
    with pytest.raises(IntegrityError, match="_simulated"), transaction.atomic():
        Membership.objects.create(user=user, organisation=simulated, role="engineer", simulated=mark)
    assert Membership.objects.count() == 0


@pytest.mark.parametrize("mark", [True, False])
def test_the_database_refuses_a_mixed_acceptance(simulated: Organisation, user: User, mark: bool) -> None:
    invitation, _ = services.invite(actor=None, organisation=simulated, role="engineer")
    with pytest.raises(IntegrityError, match="_simulated"), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(
            accepted_by=user, accepted_at=timezone.now(), simulated=mark
        )
    assert Invitation.objects.get().accepted_by is None


def test_the_mark_never_changes(simulated: Organisation, user: User) -> None:
    for rows in (Organisation.objects.all(), User.objects.all()):
        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            rows.update(simulated=Case(When(simulated=True, then=False), default=True))
    assert Organisation.objects.get().simulated
    assert not User.objects.get().simulated


def test_nobody_is_deleted(simulated: Organisation, user: User) -> None:
    EmailAddress.objects.all().delete()
    for row in (simulated, user):
        with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
            row.delete()
    assert (Organisation.objects.count(), User.objects.count()) == (1, 1)
