"""The demo's people: made once, all of them simulated, their passwords readable by their owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password

from byhand.accounts.models import Invitation, Membership, Organisation, User
from byhand.demo.cast import CREW_LOGINS, GUESTS, assemble, invite_to
from byhand.demo.projects import Plan, set_up

PLAN = Plan(
    key="a-test", title="A test", prompts=["How is the garden?", "How is the harbour?"], overlap=2,
    overlap_percent=50, funding_micro=10_000_000_000,
)  # fmt: skip


@pytest.mark.django_db
def test_everybody_is_simulated_and_assembling_again_adds_nobody(tmp_path: Path) -> None:
    first = assemble(tmp_path)
    members = Membership.objects.count()
    again = assemble(tmp_path)
    assert again.accounts == first.accounts
    assert (members, Membership.objects.count(), Organisation.objects.count()) == (3, 3, 1)
    assert not User.objects.filter(simulated=False).exists()


@pytest.mark.django_db
def test_the_passwords_are_for_their_owner_alone(tmp_path: Path) -> None:
    cast = assemble(tmp_path)
    assert stat.S_IMODE((tmp_path / "accounts.json").stat().st_mode) == 0o600
    assert cast.engineer.check_password(cast["engineer"].password)


@pytest.mark.django_db
def test_no_password_is_ever_refused_for_being_like_an_address(tmp_path: Path) -> None:
    for number in range(30):
        for account in assemble(tmp_path / str(number)).accounts.values():
            validate_password(account.password, User(email=account.email, name=account.login))


@pytest.mark.django_db
def test_inviting_the_crew_twice_lets_each_in_once(tmp_path: Path) -> None:
    cast = assemble(tmp_path)
    project = set_up(cast, PLAN)
    for _ in range(2):
        invite_to(cast, project, CREW_LOGINS)
    assert project.participations.count() == len(CREW_LOGINS)
    assert Invitation.objects.filter(project=project.pk).count() == len(CREW_LOGINS)
    assert not project.participations.filter(user__email__in=[cast[login].email for login in GUESTS]).exists()


@pytest.mark.django_db
def test_setting_a_project_up_twice_is_one_project_with_one_deposit(tmp_path: Path) -> None:
    cast = assemble(tmp_path)
    first, again = set_up(cast, PLAN), set_up(cast, PLAN)
    assert first.pk == again.pk == PLAN.project_id
    assert first.prompts.count() == 2
