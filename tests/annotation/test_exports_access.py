"""Who may make and fetch an export, what is recorded of it, and what a retry, a stop or a crash leaves behind."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from annotation.errors import ExportGone, ExportNotReady, KeyReused
from annotation.exports.options import BadOptions
from annotation.models import Export, ExportDownload, ExportResult, Project
from annotation.selectors.exports import file_to_send, preview
from annotation.services import exports as services
from annotation.services.exports import allow_download, begin_export, sweep_exports
from byhand import folders
from byhand.audit.models import AuditEvent
from byhand.errors import Invalid, NotAllowed, NotFound
from byhand.jobs import worker as jobs
from byhand.jobs.models import Job
from byhand.jobs.services import enqueue, request_cancel
from tests.annotation.exports_world import ExportWorld, begin, exported_folders, made, ranked_world, run
from tests.rewardmodel.conftest import make_world

BODY = {"format": "ballots", "class": "internal"}


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[ExportWorld]:
    with django_db_blocker.unblock():
        yield ranked_world(items=4)


def finished(world: ExportWorld, file_format: str = "ballots") -> Export:
    export = begin(world, file_format)
    assert run(export) == "succeeded"
    return Export.objects.get(pk=export.pk)


def test_the_same_key_is_the_same_export(world: ExportWorld) -> None:
    first = begin_export(actor=world.engineer, project=world.project, body=BODY, key="key-00001")
    again = begin_export(actor=world.engineer, project=world.project, body=BODY, key="key-00001")
    assert first.pk == again.pk
    assert (Export.objects.count(), Job.objects.count()) == (1, 1)


def test_the_same_key_with_other_options_is_refused(world: ExportWorld) -> None:
    begin_export(actor=world.engineer, project=world.project, body=BODY, key="key-00001")
    with pytest.raises(KeyReused):
        begin_export(actor=world.engineer, project=world.project, body=BODY | {"seed": 2}, key="key-00001")
    assert (Export.objects.count(), Job.objects.count()) == (1, 1)


def test_five_requests_with_one_key_are_one_export(world: ExportWorld) -> None:
    start, found = threading.Barrier(5), []

    def ask() -> None:
        start.wait()
        found.append(begin_export(actor=world.engineer, project=world.project, body=BODY, key="key-00001").pk)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len(set(found)) == 1
    assert (Export.objects.count(), Job.objects.count()) == (1, 1)


def test_without_the_lock_two_requests_with_one_key_collide(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both look before either has written, and the database refuses the second."""
    monkeypatch.setattr(Project.objects, "select_for_update", lambda **_: Project.objects)
    both, errors = threading.Barrier(2), []

    def enqueue_together(**values: Any) -> Job:
        both.wait(timeout=20)
        return enqueue(**values)

    monkeypatch.setattr(services, "enqueue", enqueue_together)

    def ask() -> None:
        try:
            begin_export(actor=world.engineer, project=world.project, body=BODY, key="key-00001")
        except IntegrityError as error:
            errors.append(error)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert Export.objects.count() == 1


@pytest.mark.parametrize("who", ["steward", "annotator", "stranger"])
def test_only_engineers_of_the_organisation_export(world: ExportWorld, who: str) -> None:
    base = world.base
    actor = {"steward": base.steward, "annotator": base.annotator}.get(who) or make_world().engineer
    with pytest.raises(NotAllowed):
        begin_export(actor=actor, project=world.project, body=BODY, key="key-00001")
    assert not Export.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("who", ["steward", "annotator", "stranger"])
def test_nobody_else_fetches_a_file_or_learns_of_it(world: ExportWorld, who: str) -> None:
    export, base = finished(world), world.base
    actor = {"steward": base.steward, "annotator": base.annotator}.get(who) or make_world().engineer
    with pytest.raises(NotFound):
        allow_download(actor=actor, export_id=export.pk, filename="manifest.json")
    assert not ExportDownload.objects.exists()


def test_every_bad_option_is_named_and_nothing_is_enqueued(world: ExportWorld) -> None:
    body = {
        "format": "ballots",
        "class": "secret",
        "pairs": "all",
        "seed": -1,
        "include": ["everything"],
        "x": 1,
    }
    with pytest.raises(BadOptions) as refused:
        begin_export(actor=world.engineer, project=world.project, body=body, key="key-00001")
    assert refused.value.problems == [
        "class: one of internal, public", "pairs: the format ballots has no such option", "x: unknown",
        "seed: a whole number from 0 to 2147483647", "include: a list of repeats, gold, qualification, surplus",
    ]  # fmt: skip
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{"format": "csv", "class": "public"}, {}, BODY | {"free_text_reason": "why"}, BODY | {"outside": "yes"}],
)
def test_what_can_t_be_asked_for_is_refused(world: ExportWorld, body: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        begin_export(actor=world.engineer, project=world.project, body=body, key="key-00001")
    assert not Export.objects.exists()


def test_a_download_is_recorded_before_the_file_is_given(world: ExportWorld) -> None:
    export = finished(world)
    allowed = allow_download(actor=world.engineer, export_id=export.pk, filename="manifest.json")
    event = AuditEvent.objects.get(action="export.download")
    assert (event.actor_id, event.subject) == (world.engineer.pk, f"export:{export.pk}")
    assert event.details == {"file": "manifest.json", "export_class": "internal"}
    path, found = file_to_send(world.engineer, allowed.pk)
    assert path.read_bytes().startswith(b'{"ballots_root"')
    assert found.pk == allowed.pk


def test_the_address_of_a_download_works_for_one_person_and_one_day(world: ExportWorld) -> None:
    allowed = allow_download(actor=world.engineer, export_id=finished(world).pk, filename="manifest.json")
    with pytest.raises(NotFound):
        file_to_send(world.base.steward, allowed.pk)
    with pytest.raises(NotFound):
        file_to_send(world.engineer, allowed.pk, at=timezone.now() + timedelta(days=1, seconds=1))
    assert file_to_send(world.engineer, allowed.pk)[0].is_file()


@pytest.mark.parametrize("name", ["../manifest.json", "/etc/passwd", "none.jsonl", ""])
def test_only_listed_files_can_be_fetched(world: ExportWorld, name: str) -> None:
    export = finished(world)
    with pytest.raises(NotFound):
        allow_download(actor=world.engineer, export_id=export.pk, filename=name)
    assert not ExportDownload.objects.exists()


def test_what_is_not_made_yet_can_t_be_fetched(world: ExportWorld) -> None:
    export = begin(world, "ballots")
    with pytest.raises(ExportNotReady):
        allow_download(actor=world.engineer, export_id=export.pk, filename="manifest.json")
    assert not ExportDownload.objects.exists()


def test_files_go_when_their_time_is_over_and_the_record_stays(world: ExportWorld) -> None:
    export = finished(world)
    later = timezone.now() + timedelta(days=settings.EXPORT_KEEP_DAYS, seconds=5)
    assert sweep_exports() == 0
    assert sweep_exports(at=later) == 1
    assert exported_folders() == []
    with pytest.raises(ExportGone):
        allow_download(actor=world.engineer, export_id=export.pk, filename="manifest.json", at=later)
    assert ExportResult.objects.count() == 1
    assert not ExportDownload.objects.exists()


def test_files_that_a_younger_export_shares_stay(world: ExportWorld) -> None:
    first, second = finished(world), finished(world)
    assert first.result.manifest_sha256 == second.result.manifest_sha256
    between = first.result.kept_until + (second.result.kept_until - first.result.kept_until) / 2
    assert sweep_exports(at=between) == 0
    assert exported_folders() == [second.result.manifest_sha256]


def test_a_stopped_export_leaves_nothing(world: ExportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    export = begin(world, "ballots")
    progress = jobs.JobContext.progress

    def stop_midway(self: jobs.JobContext, done: int, total: int, message: str = "") -> None:
        progress(self, done, total, message)
        request_cancel(actor=world.engineer, job=Job.objects.get(pk=self.job_id))
        self.renew()

    monkeypatch.setattr(jobs.JobContext, "progress", stop_midway)
    assert run(export) == "cancelled"
    assert exported_folders() == []
    assert not ExportResult.objects.exists()


def test_an_export_that_broke_off_begins_again_in_an_empty_folder(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = made(world, "ballots")
    files = {path.name: path.read_bytes() for path in undisturbed.iterdir()}
    shutil.rmtree(undisturbed)
    export = begin(world, "ballots")
    keep = folders.keep

    def break_once(folder: Path, root: Path, digest: str) -> Path:
        monkeypatch.setattr(folders, "keep", keep)
        raise OSError("no space left")

    monkeypatch.setattr(folders, "keep", break_once)
    assert run(export) == "queued"
    assert exported_folders() == []
    assert not ExportResult.objects.filter(export=export).exists()
    assert run(export) == "succeeded"
    assert {path.name: path.read_bytes() for path in undisturbed.iterdir()} == files


def test_an_attempt_after_the_files_were_adopted_makes_no_others(world: ExportWorld) -> None:
    """The worker died between adopting the folder and ending the job; meanwhile somebody ranked one more."""
    export = finished(world)
    world.ballot(world.item("One more?"), 0, [[0], [1], [2], [3]])
    context = jobs.JobContext(Job.objects.get(pk=export.job_id))
    told = services.make_export(context)
    assert told == {"manifest_sha256": export.result.manifest_sha256, "rows": 24}
    assert exported_folders() == [export.result.manifest_sha256]


def test_what_a_killed_job_left_is_swept_after_a_day(world: ExportWorld) -> None:
    finished(world)
    left = Path(settings.EXPORT_ROOT) / f".incoming-{uuid.uuid4().hex}"
    left.mkdir()
    assert sweep_exports() == 0
    old = timezone.now().timestamp() - 86_401
    os.utime(left, (old, old))
    assert sweep_exports() == 1
    assert not left.exists()


def test_a_preview_shows_the_first_rows_and_keeps_nothing(world: ExportWorld) -> None:
    from annotation.exports.options import parse_options

    shown = preview(world.project, parse_options({"format": "trl", "class": "public"}))
    assert len(shown) == 3
    assert '"chosen"' in shown[0]
    assert not Export.objects.exists()
    assert exported_folders() == []


@pytest.mark.parametrize(
    "table", ["annotation_export", "annotation_exportresult", "annotation_exportdownload"]
)
def test_the_record_of_an_export_can_t_be_changed(world: ExportWorld, table: str) -> None:
    allow_download(actor=world.engineer, export_id=finished(world).pk, filename="manifest.json")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    assert ExportDownload.objects.count() == 1


def test_the_database_refuses_an_export_without_its_projects_mark(world: ExportWorld) -> None:
    job = Job.objects.create(kind="annotation.export")
    with pytest.raises(IntegrityError, match="export_project_simulated"):
        Export.objects.create(
            project=world.project, simulated=False, export_class="public", file_format="trl", key="key-00001",
            job=job, requested_by=world.engineer,
        )  # fmt: skip
    assert not Export.objects.exists()
