"""Being forgotten: after 7 days, callable back, in a job that may run again; the ledger and the log still verify."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from annotation.models import Ballot, BallotNote
from annotation.services.submitting import submit_ballot
from byhand.accounts.models import ApiToken, InboxMessage, User
from byhand.accounts.services import create_token
from byhand.audit.models import AuditEvent
from byhand.rights import registry, services
from byhand.rights.errors import ErasureRuns
from byhand.rights.models import Erasure
from byhand.rights.selectors import my_data
from tests.annotation.world import make_open, take
from tests.api.test_url_walk import digest_of_rows
from tests.rights.world import closed_world, signed
from tests.wages.factories import MONDAY, after, make_user
from wages.models import Beat, Interval, LeafName, Posting, Statement
from wages.transparency import verification as log_verification
from wages.verification import verify

pytestmark = pytest.mark.django_db

ASKED = after(days=9)
DUE = ASKED + timedelta(days=7)


def beat(worker: User, at: datetime = MONDAY) -> None:
    Beat.objects.create(worker=worker, session="s", tab=uuid4().hex, seq=1, elapsed_ms=1, focused=True, at=at)


def someone() -> User:
    shop, _other, _period = closed_world()
    worker = shop.worker
    worker.name = "A name that goes"
    worker.save()
    InboxMessage.objects.create(user=worker, subject="s", body="words that go")
    create_token(actor=worker, name="a token", scopes=["projects:read"], days=30)
    beat(worker)
    signed()
    return worker


def test_it_waits_seven_days_and_can_be_called_back() -> None:
    worker = make_user()
    row = services.ask_erasure(user=worker, at=ASKED)
    assert row.due_at == DUE
    assert services.ask_erasure(user=worker, at=ASKED + timedelta(days=1)) == row
    assert services.begin_due_erasures(at=DUE - timedelta(microseconds=1)) == 0
    services.call_back(user=worker, at=DUE)
    assert services.begin_due_erasures(at=DUE) == 0
    with pytest.raises(ErasureRuns):
        services.erase(erasure_id=row.pk, at=DUE)
    assert User.objects.get(pk=worker.pk).email == worker.email
    again = services.ask_erasure(user=worker, at=DUE)
    assert again != row


def test_what_has_begun_is_not_called_back() -> None:
    worker = make_user()
    row = services.ask_erasure(user=worker, at=ASKED)
    assert services.begin_due_erasures(at=DUE) == 1
    assert services.begin_due_erasures(at=DUE) == 0
    before = digest_of_rows()
    with pytest.raises(ErasureRuns):
        services.call_back(user=worker, at=DUE)
    assert digest_of_rows() == before
    assert Erasure.objects.get(pk=row.pk).called_back_at is None


def test_before_its_time_nothing_is_erased() -> None:
    worker = someone()
    row = services.ask_erasure(user=worker, at=ASKED)
    before = digest_of_rows()
    with pytest.raises(ErasureRuns):
        services.erase(erasure_id=row.pk, at=DUE - timedelta(microseconds=1))
    assert digest_of_rows() == before


def test_identity_words_and_telemetry_go_and_the_ledger_stays_and_verifies() -> None:
    worker = someone()
    client = Client()
    client.force_login(worker)
    kept = [list(model.objects.order_by("pk").values()) for model in (Interval, Posting, Statement)]
    row = services.ask_erasure(user=worker, at=ASKED)
    services.erase(erasure_id=row.pk, at=DUE)

    erased = User.objects.get(pk=worker.pk)
    assert (erased.name, erased.is_active, erased.has_usable_password()) == ("", False, False)
    assert erased.email.endswith("@erased.invalid")
    assert worker.email not in erased.email
    assert InboxMessage.objects.filter(user=worker).count() == 0
    assert ApiToken.objects.filter(owner=worker, revoked_at=None).count() == 0
    assert Beat.objects.filter(worker=worker).count() == 0
    assert LeafName.objects.filter(worker=worker).count() == 0
    assert client.get("/earnings/").status_code == 302
    after_it = [list(model.objects.order_by("pk").values()) for model in (Interval, Posting, Statement)]
    assert after_it == kept
    assert [finding for finding in verify() if finding.bad] == []
    assert list(log_verification.problems()) == []
    event = AuditEvent.objects.get(action="rights.erased")
    assert event.actor_id is None
    assert worker.email not in str(event.details)


def test_it_runs_again_after_a_crash_between_two_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = someone()
    row = services.ask_erasure(user=worker, at=ASKED)
    all_of_them = registry.erasers()

    def dies(user: User, at: object) -> dict[str, int]:
        raise RuntimeError("the process died")

    monkeypatch.setattr(services, "erasers", lambda: [*all_of_them[:2], ("dies", dies), *all_of_them[2:]])
    with pytest.raises(RuntimeError):
        services.erase(erasure_id=row.pk, at=DUE)
    assert Erasure.objects.get(pk=row.pk).done_at is None
    monkeypatch.setattr(services, "erasers", lambda: all_of_them)
    services.erase(erasure_id=row.pk, at=DUE)
    email = User.objects.get(pk=worker.pk).email
    assert services.erase(erasure_id=row.pk, at=DUE) == {}
    assert User.objects.get(pk=worker.pk).email == email
    assert AuditEvent.objects.filter(action="rights.erased").count() == 1


def test_notes_go_and_rankings_stay_under_the_pseudonym() -> None:
    world = make_open()
    lease = take(world)
    answer = {"groups": [[0], [1], [2], [3]], "unacceptable": []}
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=answer, key="a key of mine", note="words")
    row = services.ask_erasure(user=world.worker, at=ASKED)
    services.erase(erasure_id=row.pk, at=DUE)
    assert BallotNote.objects.count() == 0
    assert Ballot.objects.get().worker_id == world.worker.pk


def test_the_page_says_what_stays_until_when_and_warns_of_open_money() -> None:
    worker = someone()
    page = my_data(worker)
    assert [stay.until.isoformat() for stay in page.stays if stay.until] == ["2033-03-16"]
    assert len(page.warnings) == 1
    assert "has not reached you yet" in page.warnings[0]


def test_somebody_who_never_worked_leaves_nothing_behind() -> None:
    page = my_data(make_user())
    assert (page.stays, page.warnings) == ([], [])
