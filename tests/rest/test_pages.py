"""Cursor pages: every row once, stable while rows come in, and a clear answer to a cursor that is not ours."""

from __future__ import annotations

import base64
import json
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from byhand.accounts.models import InboxMessage, User
from byhand.rest.errors import BadQuery
from byhand.rest.paging import paginate
from tests.rest.conftest import add_messages

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.rest.urls")]


def walk(client: Client, address: str, direction: str = "next") -> list[list[int]]:
    pages = []
    while address:
        answer = client.get(address).json()
        pages.append([row["id"] for row in answer["results"]])
        address = answer[direction]
    return pages


@pytest.mark.parametrize("apart", [0, 1])
def test_every_row_comes_once_and_in_order(client: Client, user: User, apart: int) -> None:
    ids = add_messages(user, 7, apart=apart)[::-1]
    assert walk(client, "/api/v1/messages/?limit=3") == [ids[0:3], ids[3:6], ids[6:]]


def test_the_way_back_shows_the_same_pages(client: Client, user: User) -> None:
    ids = add_messages(user, 7)[::-1]
    last = "/api/v1/messages/?limit=3"
    while following := client.get(last).json()["next"]:
        last = following
    assert walk(client, last, "previous") == [ids[6:], ids[3:6], ids[0:3]]


def test_a_mixed_order_is_kept(client: Client, user: User) -> None:
    add_messages(user, 8)
    expected = list(InboxMessage.objects.order_by("subject", "-id").values_list("pk", flat=True))
    assert list(chain.from_iterable(walk(client, "/api/v1/mixed/?limit=3"))) == expected
    last = "/api/v1/mixed/?limit=3"
    while following := client.get(last).json()["next"]:
        last = following
    assert list(chain.from_iterable(reversed(walk(client, last, "previous")))) == expected


def test_rows_that_come_in_neither_repeat_nor_hide_any(client: Client, user: User) -> None:
    ids = add_messages(user, 6)[::-1]
    first = client.get("/api/v1/messages/?limit=3").json()
    add_messages(user, 5, first=100)
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == ids[3:]
    assert second["next"] is None


def test_the_last_full_page_has_no_next(client: Client, user: User) -> None:
    add_messages(user, 3)
    answer = client.get("/api/v1/messages/?limit=3").json()
    assert (len(answer["results"]), answer["next"], answer["previous"]) == (3, None, None)


def test_nothing_is_an_empty_page(client: Client) -> None:
    assert client.get("/api/v1/messages/").json() == {"results": [], "next": None, "previous": None}


def test_links_keep_the_filters(client: Client, user: User) -> None:
    add_messages(user, 9)
    pages = walk(client, "/api/v1/messages/?limit=2&subject=m1")
    assert [len(page) for page in pages] == [2, 1]


def test_fifty_rows_unless_said_otherwise(client: Client, user: User) -> None:
    add_messages(user, 51)
    assert len(client.get("/api/v1/messages/").json()["results"]) == 50
    assert len(client.get("/api/v1/messages/?limit=200").json()["results"]) == 51


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1.5", "٣", "9" * 400])
def test_a_limit_that_can_not_be_is_named(client: Client, limit: str) -> None:
    answer = client.get("/api/v1/messages/", {"limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert answer.json()["problems"] == ["limit: a number from 1 to 200."]


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


ORDER = ["-created_at", "-id"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "é", "====", "bm90IGpzb24", packed(None), packed([]), packed(["-id", [1], False]), packed(5),
        packed([ORDER, ["2026-01-01T00:00:00Z"], False]), packed([ORDER, ["yesterday", 1], False]),
        packed([ORDER, ["2026-01-01T00:00:00Z", 2**80], False]), packed([ORDER, [[], {}], False]),
        packed([ORDER, ["2026-01-01T00:00:00Z", "1; DROP TABLE"], False]),
        packed([ORDER, ["2026-01-01T00:00:00Z", None], False]), packed([ORDER, ["2026-01-01T00:00:00Z", 1], 3]),
        packed([ORDER, ["2026-01-01T00:00:00Z\x00", 1], True]), "[" * 3000,
        base64.urlsafe_b64encode(b"[" * 9000).decode(),
    ],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_refused(client: Client, user: User, cursor: str) -> None:
    add_messages(user, 2)
    answer = client.get(f"/api/v1/messages/?{urlencode({'cursor': cursor})}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert answer.json()["problems"] == ["cursor: take it from `next` or `previous`."]


@given(cursor=st.text(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4), max_leaves=8,
).map(lambda values: packed([ORDER, values, False])))  # fmt: skip
@hypothesis_settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cursor_breaks_anything(user: User, cursor: str) -> None:
    try:
        page = paginate(InboxMessage.objects.all(), ordering=ORDER, cursor=cursor)
    except BadQuery:
        return
    assert page.rows == []


def test_the_cursor_of_one_order_is_refused_by_another(client: Client, user: User) -> None:
    add_messages(user, 3)
    cursor = client.get("/api/v1/messages/?limit=1").json()["next"].partition("cursor=")[2].partition("&")[0]
    assert client.get(f"/api/v1/mixed/?cursor={cursor}").status_code == 400


def test_a_page_asks_one_query_and_counts_nothing(user: User) -> None:
    add_messages(user, 5)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = paginate(InboxMessage.objects.all(), ordering=ORDER, limit=2)
        paginate(InboxMessage.objects.all(), ordering=ORDER, limit=2, cursor=page.next or "")
    assert len(asked) == 2
    assert "COUNT" not in str(asked.captured_queries) and "OFFSET" not in str(asked.captured_queries)
    assert "ROW(" in asked.captured_queries[1]["sql"]
