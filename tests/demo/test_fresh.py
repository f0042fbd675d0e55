"""`make demo ARGS=--fresh` deletes a database: it must stop as soon as anything real is in it."""

from __future__ import annotations

import pytest

from byhand.accounts.services import create_organisation, create_user
from byhand.demo.fresh import refuse_real_work
from byhand.embedded.process import CannotStart


def test_a_database_of_simulated_people_may_go(own_database: str) -> None:
    create_organisation(name="Play", slug="play", country="NL", simulated=True)
    create_user(email="somebody@demo.invalid", password=None, simulated=True)
    refuse_real_work()


def test_one_real_person_is_enough_to_stop(own_database: str) -> None:
    create_user(email="somebody@example.org", password=None)
    with pytest.raises(CannotStart, match="1 real rows in accounts_user"):
        refuse_real_work()


def test_one_real_organisation_is_enough_to_stop(own_database: str) -> None:
    create_organisation(name="Real", slug="real", country="NL")
    with pytest.raises(CannotStart, match="1 real rows in accounts_organisation"):
        refuse_real_work()
