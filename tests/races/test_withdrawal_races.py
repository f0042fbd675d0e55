"""A withdrawal that comes while a dataset is being frozen waits for it, and its job then finds the dataset.

The same interleaving without the lock leaves a dataset with a withdrawn ranking that nobody follows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from annotation.models import Withdrawal
from annotation.services import withdrawing
from annotation.services.withdrawing import withdraw_ballots
from byhand.accounts.models import User
from rewardmodel.models import PreferenceDataset
from rewardmodel.services import datasets, freeze_dataset, withdrawals
from rewardmodel.services.withdrawals import follow_withdrawals
from tests.rewardmodel.conftest import World, make_world
from tests.rewardmodel.test_withdrawals import two_people

LONGEST = 30.0
_WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""


@pytest.fixture
def crew(own_database: str) -> tuple[World, User]:
    world = make_world()
    return world, two_people(world)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let `act` happen after a freeze has seen that nothing is withdrawn, and before it writes its row."""
    real = datasets._row

    def paused(*given: Any) -> PreferenceDataset:
        act()
        return real(*given)

    monkeypatch.setattr(datasets, "_row", paused)


def withdrawal(world: World, worker: User) -> threading.Thread:
    """Withdraw everything and follow it, as the job does, on a connection of its own."""

    def run() -> None:
        try:
            withdraw_ballots(worker=worker, project_id=world.project.pk)
            follow_withdrawals(world.project.pk)
        finally:
            connection.close()

    return threading.Thread(target=run)


def wait_until_it_waits(thread: threading.Thread) -> None:
    for _ in range(int(LONGEST / 0.02)):
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
        thread.join(0.02)
        assert thread.is_alive(), "the withdrawal did not wait for the freeze"
    raise AssertionError("the withdrawal never came to the lock")


def unfollowed() -> list[PreferenceDataset]:
    """Return the datasets in use that hold a withdrawn ranking."""
    found = PreferenceDataset.objects.filter(retirement=None, ballots__ballot__withdrawn__isnull=False)
    return list(found.distinct())


def test_a_withdrawal_waits_for_the_freeze_and_its_job_finds_the_dataset(
    crew: tuple[World, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, worker = crew
    thread = withdrawal(world, worker)

    def begin() -> None:
        monkeypatch.undo()  # the job freezes a successor, and nothing pauses that one
        thread.start()
        wait_until_it_waits(thread)
        assert not Withdrawal.objects.exists()

    in_the_middle(monkeypatch, begin)
    frozen = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    thread.join(LONGEST)
    assert not thread.is_alive() and Withdrawal.objects.count() == 1
    assert frozen.ballots.filter(ballot__worker=worker).count() == 12
    assert unfollowed() == []
    successor = PreferenceDataset.objects.get(retirement=None)
    assert successor.pk != frozen.pk and successor.ballots.count() == 12


def test_without_the_lock_a_dataset_keeps_a_withdrawn_ranking(
    crew: tuple[World, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the withdrawal and its job are done before the row of the dataset is there to be found."""

    def unlocked(_project_id: UUID) -> None:
        return None

    world, worker = crew
    for module in (withdrawing, withdrawals, datasets):
        monkeypatch.setattr(module, "hold_freezes", unlocked)
    thread = withdrawal(world, worker)

    def begin() -> None:
        thread.start()
        thread.join(LONGEST)
        assert Withdrawal.objects.count() == 1

    in_the_middle(monkeypatch, begin)
    frozen = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert unfollowed() == [frozen]
