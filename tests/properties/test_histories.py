"""Histories of pay in which each act may die before any of its statements; and proof that they would notice."""

from __future__ import annotations

import os
from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.histories.proofs import History
from wages.models import Interval
from wages.services import clock
from wages.work import Category, WorkRef

pytestmark = pytest.mark.django_db
HISTORIES = int(os.environ.get("BYHAND_HISTORIES", "1000"))
"""More on demand: `BYHAND_HISTORIES=20000 .venv/bin/pytest tests/properties/test_histories.py`."""


def run(machine: type[History], histories: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=18,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_history_of_pay_loses_or_doubles_anything() -> None:
    run(History, HISTORIES)


class Halved(History):
    """An act that closes what ran in one transaction and begins what follows in another."""

    def _move(self, who: int, category: Category, work: WorkRef | None, at: datetime) -> Interval | None:
        with transaction.atomic():
            closed = clock.stop(worker=self.workers[who], at=at)
        with transaction.atomic():
            locked = clock.lock_clock(worker=self.workers[who], at=at)
            clock.move(locked, category=category, project_id=self.shop.project_id, work=work)
        return closed


class Lossy(History):
    """An act that is answered before it is kept, and is then not kept."""

    def _move(self, who: int, category: Category, work: WorkRef | None, at: datetime) -> Interval | None:
        with transaction.atomic():
            closed = super()._move(who, category, work, at)
            transaction.set_rollback(closed is not None)
        return closed


@pytest.mark.parametrize("machine", [Halved, Lossy])
def test_a_machine_with_a_fault_is_found_out(machine: type[History]) -> None:
    with pytest.raises(AssertionError):
        run(machine, 300)
