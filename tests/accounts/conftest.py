"""People and organisations for the tests of accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from byhand.accounts import services
from byhand.accounts.models import Organisation, User

PASSWORD = "seven quiet herons"
MakeUser = Callable[..., User]


@pytest.fixture
def organisation(db: None) -> Organisation:
    return services.create_organisation(name="River Cooperative", slug="river", country="KE")


@pytest.fixture
def simulated(db: None) -> Organisation:
    return services.create_organisation(name="Paper River", slug="paper-river", country="KE", simulated=True)


@pytest.fixture
def user(db: None) -> User:
    return services.create_user(email="wanja@example.org", password=PASSWORD, name="Wanja")


@pytest.fixture
def steward(user: User, organisation: Organisation) -> User:
    services.add_member(actor=None, user=user, organisation=organisation, role="steward")
    return user


@pytest.fixture
def engineer(organisation: Organisation) -> User:
    person = services.create_user(email="engineer@example.org", password=PASSWORD)
    services.add_member(actor=None, user=person, organisation=organisation, role="engineer")
    return person
