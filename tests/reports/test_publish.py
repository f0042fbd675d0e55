from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from byhand.accounts.models import Membership, Organisation
from byhand.audit.models import AuditEvent
from byhand.errors import NotAllowed
from tests.reports import world
from wages.models import PaidProject, RateCard
from wages.reports import services
from wages.reports.errors import BadSubject, MixedWork, NothingClosed
from wages.reports.models import PublishedReport
from wages.reports.selectors import reports_for_digest, successor
from wages.transparency import keys
from wages.transparency import services as log
from wages.transparency.errors import LogRefuses
from wages.transparency.models import LogLeaf

pytestmark = pytest.mark.usefixtures("rows")


def publish(**changes: Any) -> PublishedReport:
    return services.publish(actor=None, subject=world.subject(**changes), at=world.AT)


def nothing_published() -> bool:
    return (
        not PublishedReport.objects.exists()
        and not LogLeaf.objects.exists()
        and not AuditEvent.objects.exists()
    )


def test_the_document_is_canonical_and_its_hash_is_in_the_log() -> None:
    world.store(world.crew_leaves())
    report = publish()
    document = bytes(report.document)
    assert report.sha256 == hashlib.sha256(document).hexdigest()
    body = json.loads(bytes(report.leaf.entry))["body"]
    assert body == {
        "model": "c0" * 32,
        "period": "2026-W47",
        "published_at": "2026-11-24T09:30:00+00:00",
        "sha256": report.sha256,
        "simulated": False,
        "slug": "helper-small",
        "supersedes": "",
        "version": 1,
    }
    assert json.loads(document)["headline"][0]["cells"][0]["value"] == "14.0"


def test_publishing_the_same_again_writes_nothing() -> None:
    world.store(world.crew_leaves())
    first = publish()
    again = services.publish(actor=None, subject=world.subject(), at=world.AT + timedelta(days=3))
    assert again.pk == first.pk
    assert LogLeaf.objects.count() == AuditEvent.objects.count() == 1


def test_a_change_makes_a_new_version_that_names_the_old_one() -> None:
    world.store(world.crew_leaves())
    first, second = publish(), publish(title="Helper small, renamed")
    assert (second.version, json.loads(bytes(second.document))["report"]["supersedes"]) == (2, first.sha256)
    assert successor(first) == second
    assert successor(second) is None
    assert publish(title="Helper small, renamed").pk == second.pk


def test_another_period_is_another_report_and_not_a_successor() -> None:
    first_week = world.crew_leaves()
    world.store(first_week, week=47)
    first = publish()
    later = tuple(replace(leaf, work=leaf.work and f"{leaf.work}-later") for leaf in first_week)
    world.store(later, week=48)
    both = frozenset(leaf.work for leaf in (*first_week, *later) if leaf.work and "direct" in leaf.work)
    second = publish(direct_work=both)
    assert (second.period, second.version) == ("2026-W47_2026-W48", 1)
    assert successor(first) is None
    assert json.loads(bytes(second.document))["headline"][0]["cells"][0]["value"] == "28.0"


def test_a_report_is_rebuilt_byte_for_byte_even_after_policies_have_changed() -> None:
    world.store(world.crew_leaves())
    report = publish()
    card = RateCard.objects.get()
    RateCard.objects.filter(pk=card.pk).update(period=(world.STARTS, world.AT))
    assert services.rebuild(PublishedReport.objects.get()) == bytes(report.document)


def test_the_report_is_found_by_the_digest_of_the_model_and_of_any_file() -> None:
    world.store(world.crew_leaves())
    report = publish()
    for digest in ("c0" * 32, "d1" * 32, "E2" * 32):
        assert list(reports_for_digest(digest)) == [report]
    assert list(reports_for_digest("00" * 32)) == []


def test_open_periods_are_never_published() -> None:
    world.store(world.crew_leaves(), closed=False)
    with pytest.raises(NothingClosed, match="Close the period first"):
        publish()
    assert nothing_published()


def test_work_that_is_in_no_period_is_refused() -> None:
    world.store(world.crew_leaves())
    with pytest.raises(NothingClosed):
        publish(direct_work=frozenset({"rank:elsewhere"}))
    assert nothing_published()


def test_a_simulated_model_on_real_work_is_refused() -> None:
    world.store(world.crew_leaves())
    with pytest.raises(MixedWork):
        publish(simulated=True)
    assert nothing_published()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slug": "Not a slug"}, "slug"),
        ({"title": "  "}, "title"),
        ({"title": "null \x00 byte"}, "NUL"),
        ({"model_digest": "xyz"}, "model_digest"),
        ({"files": {"model.safetensors": "AB" * 32}}, "files model.safetensors"),
        ({"projects": ()}, "projects"),
        ({"base": world.Base("")}, "base"),
    ],
)
def test_a_bad_subject_is_refused_and_named(changes: dict[str, Any], named: str) -> None:
    world.store(world.crew_leaves())
    with pytest.raises(BadSubject) as caught:
        publish(**changes)
    assert any(named in problem for problem in caught.value.problems)
    assert nothing_published()


def test_a_slug_belongs_to_one_model() -> None:
    world.store(world.crew_leaves())
    publish()
    with pytest.raises(BadSubject) as caught:
        publish(model_digest="99" * 32)
    assert "another model" in caught.value.problems[0]
    assert PublishedReport.objects.count() == 1


@pytest.mark.parametrize("role", ["steward", "engineer"])
def test_an_engineer_or_a_steward_of_the_organisation_publishes(role: str) -> None:
    world.store(world.crew_leaves())
    actor = world.user("someone@example.org")
    with pytest.raises(NotAllowed):
        services.publish(actor=actor, subject=world.subject())
    assert nothing_published()
    Membership.objects.create(user=actor, organisation=PaidProject.objects.get().organisation, role=role)
    report = services.publish(actor=actor, subject=world.subject())
    assert report.published_by == actor
    assert AuditEvent.objects.get().actor_id == actor.pk


def test_a_steward_of_another_organisation_is_refused() -> None:
    world.store(world.crew_leaves())
    actor = world.user("someone@example.org")
    other = Organisation.objects.create(name="Other", slug="other", country="DE")
    Membership.objects.create(user=actor, organisation=other, role="steward")
    with pytest.raises(NotAllowed):
        services.publish(actor=actor, subject=world.subject())
    assert nothing_published()


def test_nothing_is_published_while_the_log_refuses_to_sign(settings: Any) -> None:
    world.store(world.crew_leaves())
    before = transaction.savepoint()
    log.append(kind="lost", body={})
    log.checkpoint()
    transaction.savepoint_rollback(before)
    assert keys.published_path(settings.LOG_KEY_FILE).exists()
    with pytest.raises(LogRefuses):
        publish()
    assert nothing_published()


def test_the_database_refuses_to_change_or_drop_a_report(own_database: str) -> None:
    world.store(world.crew_leaves())
    report = publish()
    for statement in (
        "UPDATE reports_publishedreport SET title = 'x'",
        "DELETE FROM reports_publishedreport",
    ):
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            connection.cursor().execute(statement)
    assert PublishedReport.objects.get().title == report.title


def test_the_database_refuses_a_document_whose_hash_does_not_fit() -> None:
    world.store(world.crew_leaves())
    report = publish()
    report.pk, report.version, report.document = None, 2, b"{}"
    report.leaf = log.append(kind="report", body={})
    with pytest.raises(IntegrityError, match="report_hash_fits"), transaction.atomic():
        report.save(force_insert=True)
    assert PublishedReport.objects.count() == 1


def publish_together(count: int) -> list[BaseException]:
    start, raised = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait(20)
            publish()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_the_same_report_published_five_times_at_once_is_one_report(own_database: str) -> None:
    world.store(world.crew_leaves())
    assert publish_together(5) == []
    assert PublishedReport.objects.count() == LogLeaf.objects.count() == 1


def test_negative_control_without_the_lock_a_publication_fails(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store(world.crew_leaves())
    both_have_looked, real = threading.Barrier(2), services._store

    def meet(*arguments: Any) -> PublishedReport:
        both_have_looked.wait(20)
        return real(*arguments)

    monkeypatch.setattr(services, "_lock", lambda slug: None)
    monkeypatch.setattr(services, "_store", meet)
    assert [type(error) for error in publish_together(2)] == [IntegrityError]
    assert PublishedReport.objects.count() == LogLeaf.objects.count() == 1
