"""A payout account: set by its worker, checked, masked, kept for ever as ids and a digest, held for 48 hours."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from byhand.accounts.models import InboxMessage
from byhand.errors import Invalid
from tests.wages.factories import MONDAY, after, make_shop, make_user
from tests.wages.paid import CLOSED, bank, made, payday, wallet
from wages.errors import NothingToPay
from wages.models import PayoutAccount, PayoutIdentity, WorkPlace
from wages.paying.destinations import account_history, current_account, details_of
from wages.paying.details import Details, problems, tidied
from wages.paying.ibans import valid_iban
from wages.services.payout_accounts import erase_payout_identities, set_payout_account
from wages.transparency.canonical import canonical

pytestmark = pytest.mark.django_db


def test_an_account_is_kept_as_a_salted_digest_beside_an_identity_that_can_be_erased() -> None:
    worker = make_user()
    account = set_payout_account(worker=worker, details=bank(), at=MONDAY)
    known = account.identity
    assert account.digest == hashlib.sha256(bytes(known.salt) + canonical(asdict(bank()))).hexdigest()
    assert details_of(account) == bank()
    assert erase_payout_identities(worker=worker) == 1
    account = PayoutAccount.objects.get()  # ids and the digest stay
    assert details_of(account) is None
    assert [view.masked for view in account_history(worker.pk)] == [""]
    assert erase_payout_identities(worker=worker) == 0


def test_each_change_is_kept_and_told_and_the_same_again_changes_nothing() -> None:
    worker = make_user()
    first = set_payout_account(worker=worker, details=bank(), at=MONDAY)
    spaced = replace(bank(), iban="de89 3704 0044 0532 0130 00", holder="  A.   Worker ", currency="usd")
    assert set_payout_account(worker=worker, details=spaced, at=after(days=9)) == first
    second = set_payout_account(worker=worker, details=wallet(), at=after(days=1))
    assert current_account(worker.pk, "USD") == second
    assert [(view.masked, view.current) for view in account_history(worker.pk)] == [
        ("•••• 5678", True),
        ("•••• 3000", False),
    ]
    bodies = InboxMessage.objects.filter(user=worker).order_by("id").values_list("body", flat=True)
    assert len(bodies) == 2 and "04 March 2026, 09:00 UTC" in bodies[0]
    assert not any("DE89370400440532013000" in body or "254712345678" in body for body in bodies)


def test_going_back_to_an_earlier_account_is_a_change_with_its_own_hold() -> None:
    worker = make_user()
    for day, details in enumerate([bank(), wallet(), bank()]):
        account = set_payout_account(worker=worker, details=details, at=after(days=day))
    assert account.held_until == after(days=4)
    assert PayoutAccount.objects.count() == 3


def test_accounts_of_different_currencies_stand_beside_each_other() -> None:
    worker = make_user()
    usd = set_payout_account(worker=worker, details=bank("USD"), at=MONDAY)
    kes = set_payout_account(worker=worker, details=wallet("KES"), at=MONDAY)
    assert (current_account(worker.pk, "USD"), current_account(worker.pk, "KES")) == (usd, kes)


@pytest.mark.parametrize(("ms", "held"), [(-1, True), (0, False), (1, False)])
def test_the_hold_is_48_hours_to_the_millisecond(ms: int, held: bool) -> None:
    shop = payday()
    named = CLOSED - timedelta(hours=48)
    account = set_payout_account(worker=shop.worker, details=wallet(), at=named)
    assert account.held_until == CLOSED
    moment = CLOSED + timedelta(milliseconds=ms)
    if held:
        with pytest.raises(NothingToPay):
            made(shop, at=moment)
    else:
        assert made(shop, at=moment).lines.get().account == account


def test_the_database_refuses_a_shorter_hold_and_any_change() -> None:
    worker = make_user()
    account = set_payout_account(worker=worker, details=bank(), at=MONDAY)
    with pytest.raises(IntegrityError, match="payoutaccount_held_48_hours"), transaction.atomic():
        PayoutAccount.objects.create(
            worker=worker, simulated=False, method="bank", currency="USD", country="DE", digest="0" * 64,
            created_at=MONDAY, held_until=after(hours=47, minutes=59),
        )  # fmt: skip
    for statement in (
        "UPDATE wages_payoutaccount SET held_until = created_at",
        "DELETE FROM wages_payoutaccount",
        "UPDATE wages_payoutidentity SET iban = ''",
        "TRUNCATE wages_payoutidentity",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert details_of(PayoutAccount.objects.get(pk=account.pk)) == bank()


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        (Details("bank", "XXX", "XX", ""), ["currency", "country", "holder", "account_number", "bank_code"]),
        (replace(bank(), iban="DE88370400440532013000"), ["iban"]),
        (replace(bank(), iban="DE8937040044053201300"), ["iban"]),
        (replace(bank(), country="KE"), ["country"]),
        (replace(bank(), account_number="1234"), ["account_number"]),
        (Details("bank", "KES", "KE", "A", account_number="12"), ["account_number", "bank_code"]),
        (replace(wallet(), phone="0712345678"), ["phone"]),
        (replace(wallet(), phone="+2547123456789012"), ["phone"]),
        (replace(wallet(), provider=""), ["provider"]),
        (replace(wallet(), iban="DE89370400440532013000"), ["iban"]),
        (replace(wallet(), method="cash"), ["method"]),
        (replace(bank(), holder="=HYPERLINK(1)"), ["holder"]),
        (replace(bank(), holder="A\u202eB"), ["holder"]),
        (replace(bank(), holder="A\x00B"), ["holder"]),
        (replace(bank(), holder="A" * 71), ["holder"]),
        (replace(bank(), currency="usd dollars" * 50), ["currency"]),
    ],
)
def test_what_is_wrong_is_listed_by_field_and_nothing_is_kept(details: Details, fields: list[str]) -> None:
    worker = make_user()
    with pytest.raises(Invalid) as refused:
        set_payout_account(worker=worker, details=details, at=MONDAY)
    assert [problem.split(":")[0] for problem in refused.value.problems] == fields
    assert not PayoutAccount.objects.exists() and not PayoutIdentity.objects.exists()
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("iban", "valid"),
    [
        ("GB82WEST12345698765432", True),
        ("FR1420041010050500013M02606", True),
        ("MT84MALT011000012345MTLCAST001S", True),
        ("GB82WEST12345698765433", False),
        ("ZZ82WEST12345698765432", False),
        ("GB82WEST1234569876543", False),
        ("", False),
    ],
)
def test_an_iban_is_checked_by_its_digits_and_its_countrys_length(iban: str, valid: bool) -> None:
    assert valid_iban(iban) is valid


def test_a_number_without_an_iban_needs_the_banks_code() -> None:
    assert problems(
        tidied(Details("bank", "USD", "US", "A", account_number="000-123", bank_code="021 000 021"))
    ) == ([])


def test_another_country_than_the_work_place_is_asked_about_and_changes_nothing() -> None:
    shop = make_shop()
    WorkPlace.objects.create(worker=shop.worker, country="KE", zone="Africa/Nairobi")
    set_payout_account(worker=shop.worker, details=wallet(), at=MONDAY)
    assert "you say that you work in" not in InboxMessage.objects.get().body
    set_payout_account(worker=shop.worker, details=bank(), at=MONDAY)
    asked = InboxMessage.objects.order_by("-id")[0].body
    assert "The account is in DE, and you say that you work in KE." in asked
    assert WorkPlace.objects.count() == 1
