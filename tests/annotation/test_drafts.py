"""Drafts on the server: the newest revision wins, nothing that pay reads is kept, and they go with the answer."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from annotation.errors import AlreadyAnswered, StaleDraft
from annotation.models import Draft, Lease
from annotation.selectors.drafts import draft_of
from annotation.services.drafts import save_draft, sweep_drafts
from annotation.services.submitting import skip_item, submit_ballot
from byhand.errors import Invalid, NotFound
from tests.annotation.world import World, add_annotator, make_open, take
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.django_db
HALF: dict[str, Any] = {"groups": [[2], [0, 3]], "unacceptable": [], "note": "first thoughts"}
WHOLE = {"groups": [[2], [0, 3], [1]], "unacceptable": []}


@pytest.fixture
def world() -> World:
    return make_open(k=4, items=2)


@pytest.fixture
def lease(world: World) -> Lease:
    return take(world)


def save(world: World, lease: Lease, revision: int, **changes: Any) -> Draft:
    return save_draft(worker=world.worker, lease_id=lease.pk, content={**HALF, **changes}, revision=revision)


def kept(lease: Lease) -> list[tuple[int, Any]]:
    return [(draft.revision, draft.content["note"]) for draft in Draft.objects.filter(lease=lease)]


def test_a_draft_comes_back_as_it_was_left(world: World, lease: Lease) -> None:
    save(world, lease, 1)
    draft = draft_of(lease.pk, world.worker)
    assert draft is not None
    assert (draft.content, draft.revision) == (HALF, 1)


def test_the_newest_revision_wins(world: World, lease: Lease) -> None:
    save(world, lease, 1)
    save(world, lease, 2, note="second")
    save(world, lease, 7, note="seventh")
    assert kept(lease) == [(7, "seventh")]


def test_an_older_save_is_refused_with_the_newer_content(world: World, lease: Lease) -> None:
    save(world, lease, 3, note="newer")
    for revision in (2, 3):
        with pytest.raises(StaleDraft) as refused:
            save(world, lease, revision, note="older")
        assert refused.value.details["revision"] == 3
        assert refused.value.details["content"]["note"] == "newer"
    assert kept(lease) == [(3, "newer")]


def test_the_same_save_again_is_taken_as_the_first(world: World, lease: Lease) -> None:
    first = save(world, lease, 1)
    again = save(world, lease, 1)
    assert (again.revision, again.saved_at) == (1, first.saved_at)


def test_the_database_refuses_an_older_revision_and_a_foreign_field(world: World, lease: Lease) -> None:
    save(world, lease, 3)
    for change in ("revision = 3", "revision = 2", "revision = 4, content = '{\"elapsed_ms\": 1}'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE annotation_draft SET {change}")  # noqa: S608
    assert kept(lease) == [(3, "first thoughts")]


@pytest.mark.parametrize(
    "content",
    [
        {"elapsed_ms": 60_000},
        {"seconds": 3},
        {"groups": [[4]]},
        {"groups": [[True]]},
        {"groups": [[0], [0]]},
        {"groups": [[]]},
        {"groups": "0"},
        {"unacceptable": 1},
        {"groups": [[0]], "unacceptable": [0]},
        {"strengths": ["much"]},
        {"ratings": {"speed": [1, 1, 1, 1]}},
        {"flags": [{"kind": "boring", "completion": None}]},
        {"note": "x" * 4001},
        {"note": "\x00"},
        {"note": 1},
    ],
)
def test_what_is_no_part_of_an_answer_is_refused_and_nothing_kept(
    world: World, lease: Lease, content: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        save_draft(worker=world.worker, lease_id=lease.pk, content=content, revision=1)
    assert len(refused.value.problems) == 1
    assert not Draft.objects.exists()


@pytest.mark.parametrize("revision", [0, -1, 2**31])
def test_a_revision_that_no_page_can_have_is_refused(world: World, lease: Lease, revision: int) -> None:
    with pytest.raises(Invalid):
        save(world, lease, revision)
    assert not Draft.objects.exists()


def test_an_item_in_other_hands_keeps_no_draft(world: World, lease: Lease) -> None:
    other = add_annotator(world, "other")
    for lease_id in (lease.pk, uuid.uuid4()):
        with pytest.raises(NotFound):
            save_draft(worker=other, lease_id=lease_id, content=HALF, revision=1)
    assert not Draft.objects.exists()
    assert draft_of(lease.pk, other) is None


def test_a_draft_goes_with_its_ballot_and_does_not_come_back(world: World, lease: Lease) -> None:
    save(world, lease, 1)
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=WHOLE, key="answer-one")
    assert not Draft.objects.exists()
    with pytest.raises(AlreadyAnswered):
        save(world, lease, 2)
    assert not Draft.objects.exists()


def test_a_draft_goes_with_a_skip(world: World, lease: Lease) -> None:
    save(world, lease, 1)
    skip_item(worker=world.worker, lease_id=lease.pk, reason="unclear", key="skip-one")
    assert not Draft.objects.exists()


def test_an_expired_lease_still_keeps_its_draft(world: World, lease: Lease) -> None:
    Lease.objects.filter(pk=lease.pk).update(state="expired", ended_at=lease.expires_at)
    save(world, lease, 1)
    assert kept(lease) == [(1, "first thoughts")]


def test_saving_moves_no_time(world: World, lease: Lease) -> None:
    before = WorkerClock.objects.filter(worker=world.worker).values().get()
    intervals = Interval.objects.count()
    save(world, lease, 1)
    assert WorkerClock.objects.filter(worker=world.worker).values().get() == before
    assert Interval.objects.count() == intervals


def test_the_api_saves_and_gives_back(world: World, lease: Lease, client: Client) -> None:
    client.force_login(world.worker)
    url = f"/api/v1/work/{world.project.pk}/drafts/{lease.pk}"
    assert client.get(url).json() == {"revision": 0, "saved_at": None, "lease": None, "content": None}
    saved = client.put(url, {"content": HALF, "revision": 1}, content_type="application/json")
    assert (saved.status_code, saved.json()["revision"], saved.json()["lease"]) == (200, 1, "live")
    assert client.get(url).json()["content"] == HALF
    stale = client.put(
        url, {"content": {**HALF, "note": "b"}, "revision": 1}, content_type="application/json"
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_draft")
    assert (stale.json()["revision"], stale.json()["content"]) == (1, HALF)


def test_the_page_carries_the_draft_for_another_device(world: World, lease: Lease, client: Client) -> None:
    save(world, lease, 4, note="</script><b>")
    client.force_login(world.worker)
    page = client.get(f"/work/{world.project.pk}/").content.decode()
    assert '"revision": 4' in page
    assert "</script><b>" not in page


def test_the_session_is_told_to_anybody_with_a_token(world: World, client: Client) -> None:
    nobody = client.get("/work/session/").json()
    assert (nobody["user"], len(nobody["csrf"])) == (None, 64)
    client.force_login(world.worker)
    assert client.get("/work/session/").json()["user"] == world.worker.pk


def test_an_item_is_fetched_alone_and_starts_nothing(world: World, lease: Lease, client: Client) -> None:
    client.force_login(world.worker)
    before = WorkerClock.objects.filter(worker=world.worker).values().get()
    fragment = client.get(f"/work/{world.project.pk}/items/{lease.pk}/")
    assert fragment.status_code == 200
    assert f'data-ranking-lease-value="{lease.pk}"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    reserved = client.post(f"/work/{world.project.pk}/reserve/").content.decode()
    held = Lease.objects.exclude(pk=lease.pk).get()
    assert f'data-ranking-lease-value="{held.pk}"' in reserved
    assert WorkerClock.objects.filter(worker=world.worker).values().get() == before
    other = add_annotator(world, "other")
    client.force_login(other)
    assert client.get(f"/work/{world.project.pk}/items/{lease.pk}/").status_code == 404


def test_a_paused_project_says_so_where_the_next_item_is_asked_for(
    world: World, lease: Lease, client: Client
) -> None:
    type(world.project).objects.filter(pk=world.project.pk).update(state="paused", paused_reason="engineer")
    client.force_login(world.worker)
    refused = client.post(f"/work/{world.project.pk}/reserve/", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (409, "project_not_open")
    assert Lease.objects.count() == 1


def end(world: World, lease: Lease, ago: timedelta, state: str = "expired") -> None:
    """Save a draft so long ago, and let the lease end then."""
    then = timezone.now() - ago
    save_draft(worker=world.worker, lease_id=lease.pk, content=HALF, revision=1, at=then)
    if state != "live":
        Lease.objects.filter(pk=lease.pk).update(state=state, ended_at=then)


def test_a_draft_goes_thirty_days_after_its_lease_ended_without_an_answer(world: World, lease: Lease) -> None:
    end(world, lease, timedelta(days=30, minutes=1))
    assert sweep_drafts() == 1
    assert kept(lease) == []
    assert Lease.objects.get(pk=lease.pk).state == "expired"
    assert sweep_drafts() == 0


def test_a_draft_of_a_younger_end_stays(world: World, lease: Lease) -> None:
    end(world, lease, timedelta(days=29))
    assert (sweep_drafts(), len(kept(lease))) == (0, 1)


def test_a_draft_of_a_lease_that_lives_stays_however_old(world: World, lease: Lease) -> None:
    end(world, lease, timedelta(days=40), state="live")
    assert (sweep_drafts(), len(kept(lease))) == (0, 1)


def test_a_draft_that_was_saved_since_stays(world: World, lease: Lease) -> None:
    end(world, lease, timedelta(days=31))
    save(world, lease, 2)
    assert (sweep_drafts(), len(kept(lease))) == (0, 1)
