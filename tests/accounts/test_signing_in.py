"""Login, password reset, second factors and step-up, through the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.decorators import login_not_required
from django.core import mail
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.urls import urlpatterns as site
from tests.people import prove_again

PASSWORD = "seven quiet herons"
pytestmark = pytest.mark.urls(__name__)


@login_not_required
@recently_authenticated
def pay(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} {request.POST.get('amount', '')}")


urlpatterns = [path("test-pay/", pay), *site]


def sign_in(client: Client, password: str = PASSWORD, email: str = "Wanja@Example.org") -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_it_works(client: Client, user: User) -> None:
    assert sign_in(client)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.password.startswith("argon2")


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client, user: User) -> None:
    wrong = sign_in(client, "not the password").context["form"].errors
    unknown = sign_in(client, email="nobody@example.org").context["form"].errors
    assert wrong == unknown != {}
    assert "_auth_user_id" not in client.session


def test_guessing_one_account_is_stopped_and_others_sign_in(
    client: Client, user: User, engineer: User
) -> None:
    for _ in range(5):
        sign_in(client, "not the password")
    errors = sign_in(client).context["form"].errors["__all__"]
    assert errors == ["Too many failed login attempts. Try again later."]
    assert sign_in(Client(), email="engineer@example.org").status_code == 302


def test_signing_in_often_from_one_address_works(user: User) -> None:
    assert [sign_in(Client()).status_code for _ in range(12)] == [302] * 12


def test_open_sign_up_is_closed(client: Client, db: None) -> None:
    form = {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form)
    assert b"You need an invitation" in answer.content
    assert User.objects.count() == 0


def test_a_password_is_reset_by_the_link_in_the_mail(client: Client, user: User) -> None:
    client.post("/accounts/password/reset/", {"email": "wanja@example.org"})
    link = re.search(r"http://\S+", str(mail.outbox[0].body))
    assert link and mail.outbox[0].to == ["wanja@example.org"]
    _set_password(client, link[0])
    assert sign_in(Client(), "nine loud pelicans").status_code == 302
    assert sign_in(Client()).status_code == 200


def test_a_reset_writes_no_mail_to_strangers_and_says_the_same(client: Client, user: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": "wanja@example.org"})
    mail.outbox.clear()
    stranger = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (stranger.status_code, stranger["Location"])
    assert mail.outbox == []


def test_the_command_prints_a_link_that_works_once(
    client: Client, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reset_password_link", "WANJA@example.org")
    link = capsys.readouterr().out.strip()
    _set_password(client, link)
    assert sign_in(Client(), "nine loud pelicans").status_code == 302
    assert b"already been used" in Client().get(link, follow=True).content


def _set_password(client: Client, link: str) -> None:
    form = client.get(link, follow=True)
    page = form.redirect_chain[-1][0]
    answer = client.post(page, {"password1": "nine loud pelicans", "password2": "nine loud pelicans"})
    assert answer.status_code == 302


def test_an_act_on_pay_asks_again_and_then_goes_on(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/test-pay/").content == b"GET "
    asked = client.post("/test-pay/", {"amount": "5"})
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Ftest-pay%2F"
    wrong = client.post(asked["Location"], {"password": "not the password", "next": "/test-pay/"})
    assert wrong.status_code == 200
    resumed = client.post(asked["Location"], {"password": PASSWORD, "next": "/test-pay/"})
    assert resumed.content == b"POST 5"
    assert client.post("/test-pay/", {"amount": "6"}).content == b"POST 6"


def test_a_stranger_is_sent_to_sign_in_before_an_act_on_pay(client: Client, db: None) -> None:
    answer = client.post("/test-pay/", {"amount": "5"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(("/accounts/login/", "/accounts/reauthenticate/"))


def test_proof_is_good_for_five_minutes(client: Client, user: User) -> None:
    client.force_login(user)
    for age, status in ((299, 200), (301, 302)):
        prove_again(client, user, seconds_ago=age)
        assert client.post("/test-pay/").status_code == status


def test_a_code_from_the_app_is_asked_for_once_it_is_on(client: Client, user: User) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    first = sign_in(client)
    assert first["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.post(first["Location"], {"code": "000000"}).status_code == 200
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    assert client.post(first["Location"], {"code": code})["Location"] == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
