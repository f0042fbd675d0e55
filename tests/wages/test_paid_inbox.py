"""A message is a page that we require: reading the inbox pays its worker, and nobody who reads for their office."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from byhand.accounts.models import InboxMessage, Invitation, Membership, Role, User
from byhand.accounts.services import send_message
from tests.wages.factories import Shop, make_shop, make_user
from tests.wages.paid import work_for
from wages.models import Interval, WorkerClock
from wages.selectors.reading import reading_project

pytestmark = pytest.mark.django_db
BEGIN = re.compile(r'data-clock-begin-value="([^"]*)"')
STAMP = re.compile(r'name="opened_at" value="([^"]*)"')


@pytest.fixture
def shop() -> Shop:
    """A worker with ten minutes of March and a message, under a rate that is in force."""
    made = make_shop()
    work_for(made, made.worker)
    for reader in (made.worker, *made.stewards, made.engineer):
        send_message(user=reader, subject="Your pay was sent", body="Look at it.")
    return made


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def inbox(user: User) -> str:
    return client(user).get("/inbox/").content.decode()


def rows() -> tuple[int, list[tuple[str | None, object]]]:
    clocks = WorkerClock.objects.order_by("pk").values_list("category", "seen_at")
    return Interval.objects.count(), list(clocks)


def test_a_get_alone_changes_no_row_and_the_page_starts_the_clock(shop: Shop) -> None:
    before = rows()
    page = inbox(shop.worker)
    assert rows() == before
    [begin] = BEGIN.findall(page)
    assert "You are paid while you read this." in page
    assert page.count('id="page-texts"') == 1 and '"clock.admin"' in page  # what the bar then says
    assert client(shop.worker).post(begin, {"tab": "a"}).json()["category"] == "admin"
    running = WorkerClock.objects.get(worker=shop.worker)
    assert (running.category, running.project_id) == ("admin", shop.project_id)


def test_without_scripts_marking_as_read_pays_from_the_opening(shop: Shop) -> None:
    opened = timezone.now()
    page = inbox(shop.worker)
    message = InboxMessage.objects.get(user=shop.worker)
    path, stamp = f"/cases/inbox/{shop.project_id}/", STAMP.findall(page)[0]
    assert f'action="{path}"' in page
    answer = client(shop.worker).post(path, {"opened_at": stamp, "message": message.pk})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox/")
    running = WorkerClock.objects.get(worker=shop.worker)
    assert running.category == "admin" and running.since is not None
    assert opened <= running.since <= timezone.now()
    message.refresh_from_db()
    assert message.read_at is not None and running.since < message.read_at


def test_all_are_marked_without_a_number_and_a_forged_opening_pays_nothing(shop: Shop) -> None:
    before = rows()
    path = f"/cases/inbox/{shop.project_id}/"
    assert client(shop.worker).post(path, {"opened_at": "forged"}).status_code == 302
    assert not InboxMessage.objects.filter(user=shop.worker, read_at=None).exists()
    assert InboxMessage.objects.filter(read_at=None).count() == 3  # other people's stay
    assert rows() == before


@pytest.mark.parametrize("message", ["x", "-1", "9" * 30, "\u0662"])
def test_a_message_that_is_no_number_is_refused(shop: Shop, message: str) -> None:
    path = f"/cases/inbox/{shop.project_id}/"
    assert client(shop.worker).post(path, {"message": message}).status_code == 422
    assert not InboxMessage.objects.exclude(read_at=None).exists()


def test_nobody_elses_opening_pays(shop: Shop) -> None:
    other = make_user()
    stamp = STAMP.findall(inbox(shop.worker))[0]
    client(other).post(f"/cases/inbox/{shop.project_id}/", {"opened_at": stamp})
    assert not WorkerClock.objects.filter(worker=other).exists()


def test_stewards_and_engineers_read_for_their_office(shop: Shop) -> None:
    before = rows()
    for reader in (*shop.stewards, shop.engineer):
        page = inbox(reader)
        assert not BEGIN.findall(page) and not STAMP.findall(page) and "/inbox/read/" in page
        assert client(reader).post(f"/cases/begin/{shop.project_id}/", {"tab": "a"}).status_code == 404
    assert rows() == before
    Membership.objects.create(organisation=shop.organisation, user=shop.worker, role=Role.STEWARD)
    assert reading_project(shop.worker) is None


def test_an_empty_inbox_is_nothing_to_read(shop: Shop) -> None:
    other = make_user()
    work_for(shop, other)
    assert not BEGIN.findall(inbox(other))


def test_who_was_invited_and_has_not_worked_yet_is_paid_too(shop: Shop) -> None:
    invited = make_user()
    assert reading_project(invited) is None
    Invitation.objects.create(
        token_hash="a" * 64,
        organisation=shop.organisation,
        role=Role.ANNOTATOR,
        project=shop.project_id,
        expires_at=timezone.now() + timedelta(days=1),
        accepted_by=invited,
        accepted_at=timezone.now(),
    )
    assert reading_project(invited) == shop.project


def test_a_project_without_a_rate_pays_no_reading() -> None:
    shop = make_shop(hourly_micro=None)
    assert reading_project(shop.worker) is None
