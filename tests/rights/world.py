"""A worker with every kind of time and money, and another one, whose data must stay out of the first one's bundle."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from byhand.accounts.models import User
from byhand.rights import bundle
from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from wages.models import Period
from wages.services import clock
from wages.services.periods import close_period
from wages.transparency import services as log
from wages.transparency.selectors import latest_checkpoint
from wages.work import Category, WorkKind, WorkRef


def nothing(*_: Any) -> None:
    """Neither stops nor hears anything."""


def write(user: User, folder: Path, name: str = "bundle.zip", at: datetime = MONDAY) -> Path:
    target = folder / name
    bundle.write(user, target, at=at, check=nothing, told=nothing)
    return target


def work(shop: Shop, worker: User, items: int = 3) -> None:
    """A session with some items, a silence that becomes unknown, an answer to it, and a break."""
    clock.start_work(worker=worker, project_id=shop.project_id, tab=f"tab-of-{worker.pk}", at=MONDAY)
    for number in range(items):
        ref = WorkRef(WorkKind.RANK, f"lease-{worker.pk}-{number}")
        with transaction.atomic():
            locked = clock.lock_clock(worker=worker, at=after(minutes=number + 1, milliseconds=7))
            clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=ref)
    clock.take_break(worker=worker, at=after(minutes=30))
    clock.end_break(worker=worker, at=after(minutes=40))
    clock.stop(worker=worker, at=after(minutes=47, milliseconds=3))


def closed_world() -> tuple[Shop, User, Period]:
    """Two workers of one project with a closed week, its root in the signed log, and a statement each."""
    shop = make_shop()
    other = make_user()
    work(shop, shop.worker)
    work(shop, other, items=5)
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=8))
    work_again = after(days=8)
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="later", at=work_again)
    clock.stop(worker=shop.worker, at=after(days=8, minutes=10))
    return shop, other, period


def signed() -> str:
    """Sign the log and return its key for verifiers."""
    log.checkpoint()
    newest = latest_checkpoint()
    assert newest is not None
    return newest.verifier
