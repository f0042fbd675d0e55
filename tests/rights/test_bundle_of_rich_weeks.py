"""Bundles of people whose weeks had pieces, premiums, bonuses, top-ups, corrections, cuts and payouts check offline."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import verify_report
from tests.properties.histories.proofs import History
from tests.properties.histories.world import WORLDS
from tests.rights.world import signed, write
from wages.models import Entry

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


def lived(world: str) -> History:
    """Two weeks with work by night, a silence, a granted claim, an upheld dispute, a bonus, a cut and payouts."""
    history = History()
    history.open(funded=10**12, world=world)
    history.show(who=0, wait=13 * HOUR, fresh=True, crash=None)  # Monday 22:00
    history.submit_piece(who=0, wait=30_000, crash=None)
    history.show(who=0, wait=30_000, fresh=True, crash=None)
    history.submit(who=0, wait=5_400_000, crash=None)  # a silence with an item in hand
    history.answer(who=0, part=500, crash=None)
    history.claim(who=0, back=600, minutes=30, crash=None)
    history.dispute(who=0, newest=False, crash=None)
    history.decide(grant=1000, crash=None)
    history.decide(grant=250, crash=None)
    history.bonus(who=0, micro=999_999, times=2, crash=None)
    history.propose(who=0, crash=None)
    history.pause(who=0, wait=40, what="stop", crash=None)
    history.close(days=7, crash=None, times=1)
    history.apply(crash=None)
    history.pay(crash=None, times=1)
    history.evidence(status="failed", fee="1", crash=None)
    history.show(who=0, wait=600_000, fresh=True, crash=None)
    history.submit_piece(who=0, wait=30_000, crash=None)
    history.close(days=8, crash=None, times=2)
    history.pay(crash=None, times=1)
    history.evidence(status="settled", fee="1", crash=None)
    return history


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_a_bundle_of_rich_weeks_checks_offline(world: str, tmp_path: Path) -> None:
    history = lived(world)
    vkey = signed()
    path = write(history.workers[0], tmp_path, at=history.at + timedelta(minutes=1))
    kinds = set(
        Entry.objects.filter(postings__account__worker=history.workers[0]).values_list("kind", flat=True)
    )
    assert {"work", "bonus", "correction", "reversal", "period", "payout", "returned", "received"} <= kinds
    assert {"piece": "piece", "premiums": "premium", "below the floor": "top_up"}.get(world, "work") in kinds
    assert "2 statements, 2 closed periods" in verify_report.verify_bundle(path, vkey)
