"""Two people of one project: what belongs to the other stands nowhere in the bundle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from annotation.models import BallotNote, Participation
from annotation.services.submitting import submit_ballot
from byhand.accounts.models import InboxMessage, User
from tests.annotation.world import World, make_open, take
from tests.rights.world import closed_world, signed, write
from wages.models import LeafName

pytestmark = pytest.mark.django_db


def everything(path: Path) -> str:
    with zipfile.ZipFile(path) as packed:
        return "\n".join(packed.read(name).decode() for name in packed.namelist())


def marks(person: User) -> set[str]:
    """Return what names this person and nobody else."""
    names = LeafName.objects.filter(worker=person).values_list("name", flat=True)
    pseudonyms = Participation.objects.filter(user=person).values_list("pseudonym", flat=True)
    return {person.email, str(person.public_id), f"tab-of-{person.pk}", *names, *pseudonyms}


def test_time_and_pay_of_the_other_stand_nowhere(tmp_path: Path) -> None:
    shop, other, _period = closed_world()
    signed()
    InboxMessage.objects.create(user=other, subject="secret subject", body="secret body")
    text = everything(write(shop.worker, tmp_path))
    found = {
        mark
        for mark in marks(other) | {"secret subject", "secret body", f"lease-{other.pk}-"}
        if mark in text
    }
    assert found == set()
    assert shop.worker.email in text
    assert f"lease-{shop.worker.pk}-2" in text


def test_no_row_points_to_a_person(tmp_path: Path) -> None:
    shop, _other, _period = closed_world()
    with zipfile.ZipFile(write(shop.worker, tmp_path)) as packed:
        lines = [
            json.loads(line)
            for name in packed.namelist()
            if name.endswith(".jsonl")
            for line in packed.read(name).splitlines()
        ]
    people = {"worker_id", "user_id", "actor_id", "created_by_id", "closed_by_id", "reviewer_id", "owner_id"}
    assert [row for row in lines if people & set(row)] == []
    assert len(lines) > 25


def test_rankings_come_with_their_texts_and_notes_and_nobody_elses(tmp_path: Path) -> None:
    world: World = make_open(items=2, overlap=2, annotators=2)
    one, two = world.annotators
    for worker, note in ((one, "=my own note"), (two, "the note of another")):
        lease = take(world, worker)
        answer = {"groups": [[0], [1], [2], [3]], "unacceptable": []}
        submit_ballot(worker=worker, lease_id=lease.pk, answer=answer, key=f"key-of-{worker.pk}", note=note)
    assert BallotNote.objects.count() == 2
    text = everything(write(one, tmp_path))
    assert "=my own note" in text
    assert "what is the capital of place" in text
    assert {mark for mark in marks(two) | {"the note of another"} if mark in text} == set()
