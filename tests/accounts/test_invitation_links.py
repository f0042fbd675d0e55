"""An invitation link makes one account, once, and says nothing to whoever has no link."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from byhand.accounts import selectors, services
from byhand.accounts.models import Invitation, Membership, Organisation, User
from byhand.audit.models import AuditEvent
from byhand.errors import Invalid, NotAllowed

PASSWORD = "seven quiet herons"
FORM = {"email": "new@example.org", "name": "New Person", "password": PASSWORD}


def token_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[1]


def path_of(url: str) -> str:
    return f"/invitation/{token_of(url)}/"


def accept(url: str, *, email: str = "new@example.org") -> User:
    return services.accept_invitation(token=token_of(url), email=email, password=PASSWORD, name="New Person")


def test_it_works(organisation: Organisation, client: Client) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer")
    answer = client.post(path_of(url), FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = User.objects.get()
    assert (user.email, user.name, user.simulated) == ("new@example.org", "New Person", False)
    assert selectors.is_engineer(user, organisation.pk)
    assert client.session["_auth_user_id"] == str(user.pk)
    invitation.refresh_from_db()
    assert invitation.accepted_by == user
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "organisation.created", "invitation.made", "user.created", "member.added", "invitation.accepted",
    ]  # fmt: skip


def test_only_the_hash_of_the_token_is_kept(organisation: Organisation) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="steward")
    assert invitation.token_hash == hashlib.sha256(token_of(url).encode()).hexdigest()
    assert len(token_of(url)) == 43  # 256 bits
    assert token_of(url) not in str(Invitation.objects.values().get())


def test_opening_the_link_changes_nothing(organisation: Organisation, client: Client) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    before = (list(Invitation.objects.values()), User.objects.count(), AuditEvent.objects.count())
    answer = client.get(path_of(url))
    assert answer.status_code == 200
    assert b"River Cooperative invites you as an engineer" in answer.content
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert (list(Invitation.objects.values()), User.objects.count(), AuditEvent.objects.count()) == before


def test_an_annotator_is_invited_to_a_project(organisation: Organisation) -> None:
    project = uuid.uuid4()
    _, url = services.invite(actor=None, organisation=organisation, role="annotator", project=project)
    user = accept(url)
    assert selectors.invited_projects(user) == {project}
    assert Membership.objects.count() == 0
    assert selectors.header(user) == selectors.Header(annotator=True)


def test_an_unknown_link_is_a_plain_404_that_names_nobody(organisation: Organisation, client: Client) -> None:
    services.invite(actor=None, organisation=organisation, role="engineer")
    for method in (client.get, client.post):
        answer = method("/invitation/nothing-like-it/", FORM)
        assert answer.status_code == 404
        assert b"River" not in answer.content
    assert User.objects.count() == 0


def test_a_link_whose_time_is_over_is_410(organisation: Organisation, client: Client) -> None:
    long_ago = timezone.now() - timedelta(days=15)
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer", at=long_ago)
    for method in (client.get, client.post):
        answer = method(path_of(url), FORM)
        assert answer.status_code == 410
        assert b"River" not in answer.content
    invitation.refresh_from_db()
    assert (User.objects.count(), invitation.accepted_at) == (0, None)


def test_a_link_ends_exactly_when_it_says(organisation: Organisation) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer", days=1)
    services.open_invitation(token_of(url), at=invitation.expires_at - timedelta(microseconds=1))
    with pytest.raises(services.InvitationOver):
        services.open_invitation(token_of(url), at=invitation.expires_at)


def test_a_used_link_is_410_and_makes_nobody(organisation: Organisation, client: Client) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    first = accept(url)
    answer = client.post(path_of(url), {**FORM, "email": "second@example.org"})
    assert answer.status_code == 410
    assert list(User.objects.all()) == [first]
    assert Membership.objects.count() == 1


def test_the_database_refuses_a_second_acceptance(organisation: Organisation, user: User) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer")
    first = accept(url)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    assert Invitation.objects.get().accepted_by == first


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "qwerty123456"}, "password"),
        ({"password": "new@example.org"}, "password"),
        ({"email": "not an address"}, "email"),
        ({"name": "x" * 121}, "name"),
        ({"name": "left\u202eright"}, "name"),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(
    organisation: Organisation, client: Client, wrong: dict[str, str], field: str
) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer")
    answer = client.post(path_of(url), {**FORM, **wrong})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    invitation.refresh_from_db()
    assert (User.objects.count(), invitation.accepted_at) == (0, None)


def test_an_address_with_an_account_is_asked_to_sign_in(
    organisation: Organisation, user: User, client: Client
) -> None:
    invitation, url = services.invite(actor=None, organisation=organisation, role="engineer")
    answer = client.post(path_of(url), {**FORM, "email": "WANJA@example.org"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"] == [
        "If you have an account, sign in first and open the link again."
    ]
    invitation.refresh_from_db()
    assert (User.objects.count(), invitation.accepted_at) == (1, None)


def test_a_link_for_one_address_is_refused_to_another(organisation: Organisation, user: User) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="engineer", email="A@Example.org")
    with pytest.raises(Invalid) as refused:
        accept(url)
    assert refused.value.problems == ["email: this invitation was made for another address."]
    with pytest.raises(Invalid):
        services.join_by_invitation(token=token_of(url), user=user)
    assert (User.objects.count(), Membership.objects.count()) == (1, 0)
    assert accept(url, email="a@example.org").pk == EmailAddress.objects.get(verified=True).user_id


def test_whoever_is_signed_in_joins_with_their_account(
    organisation: Organisation, user: User, client: Client
) -> None:
    _, url = services.invite(actor=None, organisation=organisation, role="engineer")
    client.force_login(user)
    assert b"wanja@example.org" in client.get(path_of(url)).content
    assert Membership.objects.count() == 0
    assert client.post(path_of(url))["Location"] == "/"
    assert selectors.is_engineer(user, organisation.pk)
    assert client.post(path_of(url)).status_code == 410


def test_what_an_invitation_needs_is_listed_at_once(organisation: Organisation) -> None:
    with pytest.raises(Invalid) as refused:
        services.invite(actor=None, organisation=organisation, role="annotator", email="x", days=0)
    assert refused.value.problems == [
        "project: an annotator is invited to a project; give its id.",
        "days: from 1 to 90.",
        "email: 'x' is not an e-mail address.",
    ]
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize(("role", "allowed"), [("annotator", True), ("engineer", True), ("steward", False)])
def test_an_engineer_invites_engineers_and_annotators(
    organisation: Organisation, engineer: User, role: str, allowed: bool
) -> None:
    project = uuid.uuid4() if role == "annotator" else None
    if allowed:
        services.invite(actor=engineer, organisation=organisation, role=role, project=project)
    else:
        with pytest.raises(NotAllowed):
            services.invite(actor=engineer, organisation=organisation, role=role, project=project)
    assert Invitation.objects.count() == int(allowed)


def test_a_steward_of_another_organisation_invites_nobody(steward: User) -> None:
    other = services.create_organisation(name="Other", slug="other", country="PH")
    with pytest.raises(NotAllowed):
        services.invite(actor=steward, organisation=other, role="engineer")
    assert Invitation.objects.count() == 0
