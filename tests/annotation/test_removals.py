"""Removing or pausing a person: a named act with reason and evidence, 7 days, appeal, and pay that goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from annotation.errors import NoOffer, NotDecidable, RemovalStands
from annotation.models import Participation, Removal, RemovalStep, RemovalWords
from annotation.models.removals import NOTICE
from annotation.selectors.offers import refusal_now
from annotation.selectors.removals import removal_counts, removals_of
from annotation.services.removals import appeal_removal, decide_appeal, end_removal, propose_removal
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import InboxMessage, Role, User
from byhand.accounts.services import add_member
from byhand.audit.models import AuditEvent
from byhand.errors import Invalid, NotAllowed, NotFound
from tests.annotation.world import World, make_open, person, take
from tests.people import prove_again

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ANSWER = {"groups": [[0], [1], [2], [3]], "unacceptable": []}


def name_of(world: World, worker: User | None = None) -> str:
    return Participation.objects.get(project=world.project, user=worker or world.worker).pseudonym


def propose(world: World, actor: User | None = None, **values: object) -> Removal:
    given = {
        "kind": "remove",
        "reason": "You wrote threats.",
        "evidence": "Note of 3 March.",
        "at": NOW,
    } | values
    return propose_removal(
        actor=actor or world.engineer, project_id=world.project.pk, pseudonym=name_of(world),
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def second_steward(world: World) -> User:
    steward = person("another.steward")
    add_member(actor=None, user=steward, organisation=world.organisation, role=Role.STEWARD)
    return steward


def test_they_are_told_at_once_and_offered_nothing_from_the_seventh_day_on() -> None:
    world = make_open(items=3)
    propose(world)
    message = InboxMessage.objects.get(user=world.worker, link="/my-data/decisions/")
    assert f"{NOW + NOTICE:%Y-%m-%d}" in message.body
    assert "threats" not in message.body
    assert refusal_now(world.worker, world.project, NOW + NOTICE - timedelta(microseconds=1)) is None
    refusal = refusal_now(world.worker, world.project, NOW + NOTICE)
    assert refusal is not None
    assert refusal.details["reason"] == "removed"


def test_for_abuse_at_once_but_the_item_in_hand_is_finished_and_paid() -> None:
    world = make_open(items=3)
    lease = take(world)
    propose(world, abuse=True)
    again = take_next(worker=world.worker, project=world.fresh())
    assert again is not None
    assert again.pk == lease.pk
    result = submit_ballot(worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="the item in hand")
    assert result.ballot.worker_id == world.worker.pk
    with pytest.raises(NoOffer):
        take_next(worker=world.worker, project=world.fresh())


def test_earnings_statements_and_export_stay_open() -> None:
    world = make_open()
    propose(world, abuse=True)
    client = Client()
    client.force_login(world.worker)
    for address in ("/earnings/", "/my-data/", "/my-data/rankings/", "/my-data/decisions/"):
        assert client.get(address).status_code == 200
    page = client.get("/my-data/decisions/").content.decode()
    assert "You wrote threats." in page
    assert "Note of 3 March." in page


def test_an_appeal_is_decided_by_a_steward_who_did_not_propose_it() -> None:
    world = make_open()
    other = second_steward(world)
    removal = propose(world, actor=world.steward, abuse=True)
    appeal_removal(worker=world.worker, removal_id=removal.pk, words="That was not me.", at=NOW)
    assert InboxMessage.objects.filter(user=other, subject__startswith="An appeal").count() == 1
    assert InboxMessage.objects.filter(user=world.steward, subject__startswith="An appeal").count() == 0
    for actor in (world.steward, world.engineer, world.worker):
        with pytest.raises(NotAllowed):
            decide_appeal(actor=actor, removal_id=removal.pk, reverse=False, reason="no", at=NOW)
    assert RemovalStep.objects.filter(kind__in=["upheld", "reversed"]).count() == 0
    decide_appeal(actor=other, removal_id=removal.pk, reverse=True, reason="It was somebody else.", at=NOW)
    assert refusal_now(world.worker, world.project, NOW) is None
    assert removal_counts([world.project.pk]) == {
        "removals": 1, "pauses": 0, "for_abuse": 1, "appeals": 1, "reversals": 1,
    }  # fmt: skip
    with pytest.raises(NotDecidable):
        decide_appeal(actor=other, removal_id=removal.pk, reverse=False, reason="again", at=NOW)


def test_what_is_upheld_stands_and_one_appeal_is_all() -> None:
    world = make_open()
    other = second_steward(world)
    removal = propose(world, abuse=True)
    with pytest.raises(NotDecidable):
        decide_appeal(actor=other, removal_id=removal.pk, reverse=True, reason="nobody asked", at=NOW)
    appeal_removal(worker=world.worker, removal_id=removal.pk, words="No.", at=NOW)
    with pytest.raises(NotDecidable):
        appeal_removal(worker=world.worker, removal_id=removal.pk, words="No!", at=NOW)
    decide_appeal(actor=other, removal_id=removal.pk, reverse=False, reason="I have read it.", at=NOW)
    assert refusal_now(world.worker, world.project, NOW) is not None
    assert [step.kind for step in removals_of(world.worker)[0].steps] == ["proposed", "appealed", "upheld"]


def test_a_pause_ends_when_it_is_taken_back_and_another_may_be_proposed_then() -> None:
    world = make_open()
    removal = propose(world, kind="pause", abuse=True)
    with pytest.raises(RemovalStands):
        propose(world)
    end_removal(actor=world.engineer, removal_id=removal.pk, reason="Talked it over.", at=NOW)
    assert refusal_now(world.worker, world.project, NOW) is None
    propose(world)
    assert Removal.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"reason": "  "}, Invalid),
        ({"evidence": ""}, Invalid),
        ({"reason": "x" * 4001}, Invalid),
        ({"reason": "nul\x00"}, Invalid),
        ({"kind": "fine"}, Invalid),
    ],
)
def test_without_reason_or_evidence_nothing_is_proposed(
    values: dict[str, str], error: type[Exception]
) -> None:
    world = make_open()
    audited = AuditEvent.objects.count()
    with pytest.raises(error):
        propose(world, None, **values)
    assert (Removal.objects.count(), RemovalStep.objects.count(), RemovalWords.objects.count()) == (0, 0, 0)
    assert AuditEvent.objects.count() == audited
    assert InboxMessage.objects.filter(link="/my-data/decisions/").count() == 0


def test_strangers_propose_nothing_and_nobody_appeals_for_another() -> None:
    world = make_open(annotators=2)
    with pytest.raises(NotAllowed):
        propose(world, actor=world.annotators[1])
    removal = propose(world)
    with pytest.raises(NotFound):
        appeal_removal(worker=world.annotators[1], removal_id=removal.pk, words="not mine", at=NOW)
    assert RemovalStep.objects.count() == 1


def test_the_database_itself_refuses_the_wrong_decider_a_short_notice_and_any_change() -> None:
    world = make_open()
    removal = propose(world)
    sha = "0" * 64
    wrong = [
        lambda: RemovalStep.objects.create(
            removal=removal, kind="upheld", actor=world.engineer, at=NOW, words_sha256=sha
        ),
        lambda: RemovalStep.objects.create(
            removal=removal, kind="appealed", actor=world.steward, at=NOW, words_sha256=sha
        ),
        lambda: Removal.objects.create(
            project=world.project, worker=world.worker, kind="remove", abuse=False, proposed_by=world.engineer,
            proposed_at=NOW, effective_at=NOW + NOTICE - timedelta(seconds=1),
        ),
        lambda: Removal.objects.update(effective_at=NOW),
        lambda: RemovalStep.objects.all().delete(),
    ]  # fmt: skip
    for act in wrong:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()  # type: ignore[no-untyped-call]
    assert (Removal.objects.count(), RemovalStep.objects.count()) == (1, 1)


def test_the_page_of_the_project_proposes_after_a_fresh_proof_and_shows_no_address() -> None:
    world = make_open()
    client = Client()
    client.force_login(world.engineer)
    prove_again(client, world.engineer)
    address = f"/projects/{world.project.pk}/people/"
    bad = client.post(
        f"{address}propose/", {"pseudonym": name_of(world), "kind": "pause", "reason": "<b>why</b>"}
    )
    assert bad.status_code == 422
    assert "&lt;b&gt;why&lt;/b&gt;" in bad.content.decode()
    done = client.post(
        f"{address}propose/",
        {"pseudonym": name_of(world), "kind": "pause", "reason": "<b>why</b>", "evidence": "this"},
    )
    assert done.status_code == 302
    page = client.get(address).content.decode()
    assert name_of(world) in page
    assert world.worker.email not in page
    assert "<b>why</b>" not in page
    stranger = Client()
    stranger.force_login(world.worker)
    assert stranger.get(address).status_code == 404
