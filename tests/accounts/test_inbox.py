"""The inbox: messages that reach people without e-mail. Reading the page marks nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from byhand.accounts import services
from byhand.accounts.models import InboxMessage, User
from byhand.errors import Invalid


def test_it_works(client: Client, user: User) -> None:
    message = services.send_message(user=user, subject="Period closed", body="Look at it.", link="/earnings/")
    client.force_login(user)
    page = client.get("/inbox/").content.decode()
    assert "Period closed" in page and 'href="/earnings/"' in page
    assert InboxMessage.objects.get().read_at is None
    assert client.post(f"/inbox/{message.pk}/read/")["Location"] == "/inbox/"
    assert InboxMessage.objects.get().read_at is not None


def test_marking_again_keeps_the_first_time(user: User) -> None:
    message = services.send_message(user=user, subject="a", body="")
    assert services.mark_read(user=user, message_id=message.pk) == 1
    first = InboxMessage.objects.get().read_at
    assert services.mark_read(user=user) == 0
    assert InboxMessage.objects.get().read_at == first


def test_nobody_reads_or_marks_what_is_not_theirs(client: Client, user: User, engineer: User) -> None:
    message = services.send_message(user=user, subject="Private", body="")
    client.force_login(engineer)
    assert b"Private" not in client.get("/inbox/").content
    client.post(f"/inbox/{message.pk}/read/")
    client.post("/inbox/read/")
    assert InboxMessage.objects.get().read_at is None


def test_marking_is_never_a_get(client: Client, user: User) -> None:
    message = services.send_message(user=user, subject="a", body="")
    client.force_login(user)
    assert client.get(f"/inbox/{message.pk}/read/").status_code == 405
    assert client.get("/inbox/read/").status_code == 405
    assert InboxMessage.objects.get().read_at is None


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere", "javascript:1"]
)
def test_a_link_leads_nowhere_else(user: User, link: str) -> None:
    with pytest.raises(Invalid):
        services.send_message(user=user, subject="a", body="", link=link)
    assert InboxMessage.objects.count() == 0


def test_hostile_text_stays_text(client: Client, user: User) -> None:
    services.send_message(user=user, subject="<b>x</b>\u202e", body="<script>alert(1)</script>")
    client.force_login(user)
    page = client.get("/inbox/").content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;⟦RLO⟧" in page
    assert "<script>alert(1)" not in page and "<b>x" not in page


def test_the_name_is_changed_on_the_profile_page(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.post("/profile/", {"name": "  Wanja K. "})["Location"] == "/profile/"
    assert User.objects.get().name == "Wanja K."
    assert client.post("/profile/", {"name": "a\x00b"}).status_code == 422
    assert User.objects.get().name == "Wanja K."
