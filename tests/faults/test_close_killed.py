"""A close that is killed between any two statements goes on where it was; every figure is as in an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Count, Sum

from byhand.accounts.models import User
from tests.races.test_clock_races import at_once
from tests.wages.factories import RATE, Shop, after, make_user
from tests.wages.test_closing_extras import make_night_shop, set_terms, work
from wages.models import DraftLeaf, Entry, Interval, Period, Posting, SliceLeaf, Statement
from wages.reservation import left_micro
from wages.services import closing
from wages.services.periods import close_period
from wages.transparency.models import LogLeaf
from wages.verification import verify

EVERY = 17


@pytest.fixture(autouse=True)
def small_batches(
    own_database: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setattr(closing, "WORKERS_AT_ONCE", 2)
    with django_db_blocker.unblock():
        yield


def week() -> Shop:
    """Five people's week with a weekend premium, a bonus for two of them, and costs that need top-ups."""
    shop = make_night_shop(
        floor_micro=RATE, weekend_permille=500, bonus_micro=1_000_001, bonus_after_ms=800_000
    )
    set_terms(shop, data_hourly_micro=90_000, contributions_permille=77)
    shop.workers = [shop.worker, *(make_user() for _ in range(4))]
    for number, worker in enumerate(shop.workers):
        work(shop, worker, minutes=11 + number, item=f"lease-{number}", days=number + 1)
    return shop


def close(shop: Shop, **more: Any) -> Period:
    return close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7), **more)


def figures(shop: Shop) -> dict[str, Any]:
    """Return everything that a second payment or a lost one would show in."""
    worker_of = {worker.pk: number for number, worker in enumerate(shop.workers)}
    balances = (
        Posting.objects.filter(account__project=shop.project)
        .values_list("account__kind", "account__worker")
        .annotate(total=Sum("amount_micro"))
        .order_by()
    )
    leaves = SliceLeaf.objects.filter(period__project=shop.project)
    bodies = [json.loads(text) for text in leaves.values_list("body", flat=True)]
    entries = Entry.objects.filter(project=shop.project).values_list("kind")
    statements = Statement.objects.filter(project=shop.project).order_by("worker")
    logged = [bytes(entry) for entry in LogLeaf.objects.filter(kind="period").values_list("entry", flat=True)]
    return {
        "balances": {(kind, worker_of.get(worker)): total for kind, worker, total in balances},
        "entries": dict(entries.annotate(Count("id")).order_by()),
        "intervals": Interval.objects.filter(project=shop.project).count(),
        "statements": [row.payable_micro for row in statements],
        "leaves": sorted((b["category"], b["ms"], b["earned_micro"]) for b in bodies if b["worker"]),
        "size": len(bodies),
        "left": left_micro(shop.project_id),
        "logged": sum(str(shop.project_id).encode() in entry for entry in logged),
        "drafts": DraftLeaf.objects.filter(period__project=shop.project).count(),
    }


def killed_at(statement: int, act: Callable[[], object]) -> bool:
    """Do the act in a process that is killed (-9) before its so many-th statement; return whether it was."""
    database = connection.settings_dict["NAME"]
    connections.close_all()
    child = os.fork()
    if child == 0:
        # where an event loop ran in this thread, the child sees other connections: one that others go on using
        connection.connection = None
        connection.settings_dict["NAME"] = database
        left = [statement]

        def count(execute: Callable[..., Any], *call: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*call)

        try:
            with connection.execute_wrapper(count):
                act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)  # whoever waits says so; what went wrong is in the captured output
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the act failed in its process"
    return os.WIFSIGNALED(status)


def test_killed_between_any_two_statements_it_pays_everything_once() -> None:
    calm = week()
    close(calm)
    expected = figures(calm)
    assert expected["entries"]["top_up"] == 5
    assert (expected["entries"]["bonus"], expected["entries"]["premium"]) == (2, 1)
    assert len(expected["statements"]) == 5
    statement, kills = 1, 0
    while True:
        shop = week()
        died = killed_at(statement, lambda shop=shop: close(shop))  # type: ignore[misc]
        close(shop)
        assert figures(shop) == expected, f"killed before statement {statement}"
        if not died:
            break
        statement, kills = statement + EVERY, kills + 1
    assert kills > 8
    assert [finding for finding in verify() if finding.bad] == []


def test_killed_again_and_again_it_still_comes_to_its_end() -> None:
    calm, shop = week(), week()
    close(calm)
    for _ in range(3):
        assert killed_at(60, lambda: close(shop))
    close(shop)
    assert figures(shop) == figures(calm)


def test_three_runs_and_three_at_once_pay_once() -> None:
    calm, often, together = week(), week(), week()
    close(calm)
    for _ in range(3):
        close(often)
    results = at_once(*[lambda: close(together)] * 3)
    assert {result.pk for result in results} == {Period.objects.get(project=together.project).pk}  # type: ignore[attr-defined]
    assert figures(often) == figures(together) == figures(calm)


def test_work_that_is_posted_between_two_batches_goes_to_the_next_period() -> None:
    shop = week()
    late: list[User] = []

    def watch(_close: object) -> None:
        if not late:
            late.append(make_user())
            work(shop, late[0], minutes=5, item="late", days=6)

    period = close(shop, watch=watch)
    posted = Interval.objects.filter(worker=late[0])
    assert {row.pay_period.label for row in posted} == {"2026-W11"}
    assert Statement.objects.filter(period=period).count() == 5
    assert [finding for finding in verify() if finding.bad] == []


def test_a_close_that_is_stopped_keeps_what_it_has_done_and_goes_on() -> None:
    calm, shop = week(), week()
    close(calm)

    class Stopped(Exception):
        pass

    def stop(_close: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        close(shop, watch=stop)
    half = Period.objects.get(project=shop.project)
    assert (half.closed_at, half.closing.workers, Statement.objects.filter(period=half).count()) == (
        None,
        2,
        2,
    )
    close(shop)
    assert figures(shop) == figures(calm)
