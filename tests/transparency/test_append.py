from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from wages.transparency import merkle, services
from wages.transparency.canonical import NotCanonical, canonical
from wages.transparency.errors import EntryTooLarge
from wages.transparency.models import LogLeaf

pytestmark = pytest.mark.usefixtures("rows")


def indexes() -> list[int]:
    return list(LogLeaf.objects.order_by("index").values_list("index", flat=True))


def test_an_entry_is_canonical_json_with_its_rfc6962_hash() -> None:
    leaf = services.append(kind="period", body={"root": "ab", "n": 1})
    entry = b'{"body":{"n":1,"root":"ab"},"kind":"period","v":1}'
    assert (leaf.index, leaf.kind, bytes(leaf.entry)) == (0, "period", entry)
    assert bytes(leaf.leaf_hash) == merkle.leaf_hash(entry)


def test_the_index_stays_dense_when_transactions_roll_back() -> None:
    services.append(kind="a", body={})
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            services.append(kind="lost", body={})
            raise ZeroDivisionError
    services.append(kind="b", body={})
    assert indexes() == [0, 1]
    assert not LogLeaf.objects.filter(kind="lost").exists()


def test_an_entry_over_65535_bytes_is_refused_and_nothing_is_appended() -> None:
    room = services.LARGEST_ENTRY - len(canonical({"body": {"x": ""}, "kind": "k", "v": 1}))
    services.append(kind="k", body={"x": "a" * room})
    with pytest.raises(EntryTooLarge):
        services.append(kind="k", body={"x": "a" * (room + 1)})
    assert indexes() == [0]


def test_a_float_is_refused_and_nothing_is_appended() -> None:
    with pytest.raises(NotCanonical):
        services.append(kind="k", body={"pay": 0.1})
    assert indexes() == []


@pytest.mark.parametrize("index", [1, 5, -1])
def test_the_database_refuses_a_gap(index: int) -> None:
    entry = canonical({})
    with pytest.raises(IntegrityError), transaction.atomic():
        LogLeaf.objects.create(index=index, kind="k", entry=entry, leaf_hash=merkle.leaf_hash(entry))
    assert indexes() == []


def test_the_database_refuses_a_hash_that_is_not_the_entrys() -> None:
    with pytest.raises(IntegrityError, match="logleaf_hash_fits"), transaction.atomic():
        LogLeaf.objects.create(index=0, kind="k", entry=b"{}", leaf_hash=merkle.leaf_hash(b"[]"))
    assert indexes() == []


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_no_leaf_can_be_changed_or_dropped_even_by_the_owner(own_database: str, statement: str) -> None:
    services.append(kind="k", body={})
    owner = connection.settings_dict | {"USER": "byhand_owner"}
    with (
        psycopg.connect(
            host=owner["HOST"], port=owner["PORT"] or None, user=owner["USER"], dbname=own_database
        ) as held,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        held.execute(statement.format("transparency_logleaf"))
    assert indexes() == [0]


def together(count: int, act: Callable[[], object]) -> list[BaseException]:
    """Run `act` in `count` threads at once; return what they raised."""
    start, raised = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait(20)
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_appends_at_once_are_all_kept_and_dense(own_database: str) -> None:
    raised = together(8, lambda: [services.append(kind="k", body={}) for _ in range(3)])
    assert raised == []
    assert indexes() == list(range(24))


def test_negative_control_without_the_lock_one_of_two_appends_fails(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read, real = threading.Barrier(2), merkle.leaf_hash

    def meet(entry: bytes) -> bytes:
        both_have_read.wait(20)
        return real(entry)

    monkeypatch.setattr(services, "lock_log", lambda: None)
    monkeypatch.setattr(services, "_sign_after_commit", lambda: None)
    monkeypatch.setattr(merkle, "leaf_hash", meet)
    raised = together(2, lambda: services.append(kind="k", body={}))
    assert [type(error) for error in raised] == [IntegrityError]
    assert indexes() == [0]
