"""Who is what, where: the selectors that every other package asks."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from byhand.accounts import selectors, services
from byhand.accounts.models import Membership, Organisation, User
from byhand.errors import Invalid, NotAllowed


def test_a_role_holds_in_its_own_organisation_only(steward: User, organisation: Organisation) -> None:
    other = services.create_organisation(name="Other", slug="other", country="PH")
    assert selectors.is_steward(steward, organisation.pk)
    assert not selectors.is_steward(steward, other.pk)
    assert not selectors.is_engineer(steward, organisation.pk)
    selectors.require_steward(steward, organisation.pk)
    with pytest.raises(NotAllowed):
        selectors.require_steward(steward, other.pk)
    with pytest.raises(NotAllowed):
        selectors.require_engineer(steward, organisation.pk)
    with pytest.raises(NotAllowed):
        selectors.require_steward(steward, None)
    with pytest.raises(NotAllowed):
        selectors.require_steward(AnonymousUser(), organisation.pk)


def test_organisations_as_lists_those_of_one_role(steward: User, organisation: Organisation) -> None:
    other = services.create_organisation(name="Other", slug="other", country="PH")
    services.add_member(actor=None, user=steward, organisation=other, role="engineer")
    assert list(selectors.organisations_as(steward, "steward")) == [organisation]
    assert list(selectors.organisations_as(steward, "engineer")) == [other]
    assert list(selectors.organisations_as(AnonymousUser(), "engineer")) == []


def test_somebody_who_was_switched_off_has_no_role(steward: User, organisation: Organisation) -> None:
    steward.is_active = False
    assert not selectors.is_steward(steward, organisation.pk)


def test_adding_twice_is_one_membership(steward: User, organisation: Organisation) -> None:
    services.add_member(actor=None, user=steward, organisation=organisation, role="steward")
    assert Membership.objects.count() == 1


def test_an_engineer_can_not_make_a_steward(engineer: User, user: User, organisation: Organisation) -> None:
    with pytest.raises(NotAllowed):
        services.add_member(actor=engineer, user=user, organisation=organisation, role="steward")
    with pytest.raises(NotAllowed):
        services.add_member(actor=engineer, user=engineer, organisation=organisation, role="steward")
    assert Membership.objects.count() == 1


def test_an_annotator_is_no_member(user: User, organisation: Organisation) -> None:
    with pytest.raises(Invalid):
        services.add_member(actor=None, user=user, organisation=organisation, role="annotator")
    assert Membership.objects.count() == 0


def test_the_header_costs_one_query_and_none_for_strangers(
    steward: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.send_message(user=steward, subject="a", body="")
    services.send_message(user=steward, subject="b", body="")
    with django_assert_num_queries(1):
        assert selectors.header(steward) == selectors.Header(steward=True, unread=2)
    with django_assert_num_queries(0):
        assert selectors.header(AnonymousUser()) == selectors.Header()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": " "}, "name: required."),
        (
            {"slug": "Two Words"},
            "slug: lower-case letters, digits and single hyphens, at most 80 characters.",
        ),
        (
            {"country": "Kenya"},
            "country: 'Kenya' is not a two-letter ISO 3166-1 code in capitals, such as KE.",
        ),
        ({"slug": "river"}, "slug: 'river' is taken."),
    ],
)
def test_a_bad_organisation_is_refused(
    organisation: Organisation, fields: dict[str, str], problem: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_organisation(**{"name": "New", "slug": "new", "country": "KE", **fields})  # type: ignore[arg-type]
    assert refused.value.problems == [problem]
    assert Organisation.objects.count() == 1


def test_home_leads_to_the_work_of_the_role(client: Client, steward: User, engineer: User) -> None:
    assert client.get("/").status_code == 200
    client.force_login(engineer)
    assert client.get("/")["Location"] == "/projects/"
    client.force_login(steward)
    assert client.get("/")["Location"] == "/pay/"


def test_home_lets_people_with_two_roles_choose(
    client: Client, steward: User, organisation: Organisation
) -> None:
    services.add_member(actor=None, user=steward, organisation=organisation, role="engineer")
    client.force_login(steward)
    answer = client.get("/")
    assert (answer.status_code, answer.context["roles"]) == (200, ("engineer", "steward"))
