"""Only the worker says where they work; every place stays in the history; nobody else sees it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from byhand.errors import Invalid
from tests.wages.factories import MONDAY, after, make_shop, make_user
from wages.models import WorkPlace
from wages.services import places
from wages.services.places import declare_place

pytestmark = pytest.mark.django_db


def test_a_place_is_declared_by_its_worker_and_by_no_one_for_them() -> None:
    assert list(inspect.signature(declare_place).parameters) == [
        "worker",
        "country",
        "zone",
        "subdivision",
        "at",
    ]
    writers = [name for name, value in vars(places).items() if inspect.isfunction(value) and "place" in name]
    assert writers == ["declare_place"]


def test_the_same_place_again_is_no_new_row_and_another_one_is() -> None:
    worker = make_user()
    first = declare_place(worker=worker, country="KE", zone="Africa/Nairobi", at=MONDAY)
    again = declare_place(worker=worker, country="KE", zone="Africa/Nairobi", at=after(days=1))
    moved = declare_place(
        worker=worker, country="US", subdivision="US-CA", zone="America/Los_Angeles", at=after(days=2)
    )
    assert first.pk == again.pk
    assert (moved.created_at, WorkPlace.objects.count()) == (after(days=2), 2)


def test_history_stays() -> None:
    declare_place(worker=make_user(), country="KE", zone="Africa/Nairobi")
    for statement in ("UPDATE wages_workplace SET country = 'DE'", "DELETE FROM wages_workplace"):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "ke"}, "country"),
        ({"country": "KEN"}, "country"),
        ({"subdivision": "US-CA"}, "subdivision"),
        ({"country": "US", "subdivision": "US-ZZ"}, "subdivision"),
        ({"zone": "Nairobi"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
    ],
)
def test_an_unknown_place_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    values: dict[str, Any] = {"worker": make_user(), "country": "KE", "zone": "Africa/Nairobi"} | change
    with pytest.raises(Invalid) as refused, transaction.atomic():
        declare_place(**values)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [field]
    assert not WorkPlace.objects.exists()


def test_the_page_shows_ones_own_history_and_takes_a_place(client: Client) -> None:
    shop = make_shop()
    declare_place(worker=make_user(), country="DE", zone="Europe/Berlin")
    client.force_login(shop.worker)
    asked = client.get("/earnings/place/")
    assert "You have not said where you work." in asked.content.decode()
    sent = {"country": "KE", "subdivision": "", "zone": "Africa/Nairobi"}
    assert client.post("/earnings/place/", sent).status_code == 302
    page = client.get("/earnings/place/").content.decode()
    assert "Kenya" in page
    assert "Europe/Berlin</td>" not in page
    refused = client.post("/earnings/place/", sent | {"subdivision": "US-CA"})
    assert (refused.status_code, WorkPlace.objects.filter(worker=shop.worker).count()) == (422, 1)


def test_no_address_on_the_network_is_read() -> None:
    source = inspect.getsource(places)
    assert "META" not in source and "request" not in source.lower()
