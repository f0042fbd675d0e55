"""Drafts saved from two tabs at once, and one saved while its answer is submitted: each with its negative control."""

from __future__ import annotations

from collections import Counter
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections

from annotation.errors import StaleDraft
from annotation.models import Ballot, Draft, Lease
from annotation.services import drafts
from annotation.services.drafts import save_draft
from annotation.services.submitting import submit_ballot
from byhand.accounts.models import User
from tests.annotation.world import make_open, take
from tests.races.test_annotation_races import at_once

TABS = 6
ANSWER = {"groups": [[0], [1], [2], [3]], "unacceptable": []}
IN_SLEEP = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'
"""


def save(worker: User, lease: Lease, note: str) -> Draft:
    return save_draft(worker=worker, lease_id=lease.pk, content={"groups": [[0]], "note": note}, revision=1)


def all_tabs_save(worker: User, lease: Lease) -> list[Any]:
    return at_once([partial(save, worker, lease, f"tab {tab}") for tab in range(TABS)])


def test_of_tabs_that_save_at_once_one_wins_and_the_others_are_told_its_content(own_database: str) -> None:
    world = make_open()
    results = all_tabs_save(world.worker, take(world))
    assert Counter(type(result) for result in results) == {Draft: 1, StaleDraft: TABS - 1}
    kept = Draft.objects.get()
    for result in results:
        content = result.details["content"] if isinstance(result, StaleDraft) else result.content
        assert content == kept.content


def test_without_comparing_revisions_tabs_are_told_saved_and_lose_what_they_had(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open()
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TRIGGER annotation_draft_newest_wins ON annotation_draft")
    blind = drafts.SAVE.replace("WHERE annotation_draft.revision < EXCLUDED.revision", "")
    assert blind != drafts.SAVE
    monkeypatch.setattr(drafts, "SAVE", blind)
    results = all_tabs_save(world.worker, take(world))
    assert Counter(type(result) for result in results) == {Draft: TABS}
    assert Draft.objects.count() == 1  # the work of five tabs is gone, and nobody was told


def save_slowly_while_submitting(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> Lease:
    """Let a submit begin after a save has looked at the lease and before it writes."""
    world = make_open()
    lease = take(world)
    slow = drafts.SAVE.replace("SHARE\n)", "SHARE\n), pause AS MATERIALIZED (SELECT pg_sleep(0.5) FROM held)")
    slow = slow.replace("FROM held\nON", "FROM held, pause\nON")
    assert slow.count("pause") == 2
    monkeypatch.setattr(drafts, "SAVE", slow if locked else slow.replace("FOR SHARE", ""))
    saving = Thread(target=lambda: at_once([partial(save, world.worker, lease, "half")]))
    saving.start()
    with connection.cursor() as cursor:  # the app role sees its own sessions
        for _try in range(10_000):
            cursor.execute(IN_SLEEP)
            if cursor.fetchone() == (1,):
                break
        else:
            raise AssertionError("the save never began")
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="the-one-key")
    saving.join()
    return lease


def test_a_draft_saved_while_its_answer_is_submitted_does_not_outlive_it(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = save_slowly_while_submitting(monkeypatch, locked=True)
    assert Ballot.objects.get().lease_id == lease.pk
    assert not Draft.objects.exists()


def test_without_the_leases_lock_the_note_of_an_answered_item_stays_behind(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = save_slowly_while_submitting(monkeypatch, locked=False)
    assert Ballot.objects.get().lease_id == lease.pk
    assert Draft.objects.get().content["note"] == "half"
