"""People and jobs for these tests."""

from __future__ import annotations

import pytest

from byhand.accounts import services as accounts
from byhand.accounts.models import Organisation, Role, User
from byhand.jobs import services
from byhand.jobs.models import Job

PASSWORD = "a long enough password"


@pytest.fixture
def organisation(db: None) -> Organisation:
    return accounts.create_organisation(name="Fund", slug="fund", country="DE")


@pytest.fixture
def engineer(organisation: Organisation) -> User:
    user = accounts.create_user(email="engineer@example.org", password=PASSWORD)
    accounts.add_member(actor=None, user=user, organisation=organisation, role=Role.ENGINEER)
    return user


@pytest.fixture
def stranger(db: None) -> User:
    return accounts.create_user(email="stranger@example.org", password=PASSWORD)


@pytest.fixture
def job(organisation: Organisation) -> Job:
    return services.enqueue(kind="test.echo", payload={"n": 1}, organisation=organisation)
