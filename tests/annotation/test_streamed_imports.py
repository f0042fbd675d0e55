"""A file comes in by a job: unseen until its end, refused as a whole unless bad rows may be left out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.errors import AlreadyImported, BadImport, BadSource, ImportRunning, NoRoom, TooLateToCancel
from annotation.formats.readers.records import Fields
from annotation.import_paths import problems_path, upload_path
from annotation.models import (
    Completion,
    Generation,
    Item,
    OutsideLabel,
    Prompt,
    PromptImport,
    Upload,
    UploadState,
)
from annotation.models import Source as SourceEntry
from annotation.selectors.imports import outside_labels
from annotation.selectors.projects import ballots_wanted, progress
from annotation.services import import_steps, importing
from annotation.services.import_files import store
from annotation.services.imports import cancel_import, resume_import, start_import
from annotation.services.sources import Source, register_source
from annotation.services.uploads import Reading, begin_upload, preview, set_reading, sweep_uploads
from byhand.jobs.models import Job
from tests.annotation.imports_world import bring_in, job_error, jsonl, named, take_in, work
from tests.annotation.world import World, make_draft


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[World]:
    """A project whose imports commit, since the job's heartbeat looks from another connection."""
    with django_db_blocker.unblock():
        yield make_draft(k=2)


def texts() -> list[str]:
    return list(Prompt.objects.order_by("pk").values_list("text", flat=True))


def nothing_came(world: World) -> None:
    assert Prompt.every.count() == 0
    assert PromptImport.objects.count() == 0
    assert OutsideLabel.every.count() == 0
    assert Generation.objects.count() == 0


def test_prompts_come_in_with_group_language_and_metadata(world: World) -> None:
    rows = [{"q": "One?", "topic": "a", "lang": "en", "id": 7}, {"q": "Two?", "topic": None, "lang": "sw"}]
    fields = Fields(text="q", group="topic", language="lang", metadata=("id",))
    upload = bring_in(world, jsonl(rows), fields=fields)
    assert upload.state == UploadState.DONE
    assert upload.counts["new"] == 2
    one, two = Prompt.objects.order_by("pk")
    assert (one.text, one.prompt_group, one.language, one.metadata) == ("One?", "a", "en", {"id": 7})
    assert (two.text, two.prompt_group, two.language, two.metadata) == ("Two?", two.sha256[:16], "sw", {})
    made = PromptImport.objects.get()
    assert (made.rows, made.source.title, made.file_format) == (2, "written for this test", "prompts")
    assert not upload_path(upload.pk).exists()


def test_one_bad_row_refuses_the_whole_file_and_every_bad_row_is_listed(world: World) -> None:
    rows = [{"prompt": f"Good {n}"} for n in range(1500)]
    content = jsonl(rows) + b"{\n" * 130 + jsonl([{"prompt": "=1+1\x07"}, {"prompt": 3}])
    upload = bring_in(world, content)
    assert (upload.state, upload.error) == (UploadState.FAILED, "132 rows are bad; nothing was imported.")
    nothing_came(world)
    with problems_path(upload.pk).open(newline="") as file:
        listed = list(csv.reader(file))
    assert listed[0] == ["line", "field", "reason"]
    assert [int(line) for line, _, _ in listed[1:]] == list(range(1501, 1633))
    assert listed[-1] == ["1632", "prompt", "“prompt” must be text, not a number"]
    assert job_error(upload).count("\n") == 100


def test_the_good_rows_come_in_where_that_was_chosen(world: World) -> None:
    upload = bring_in(world, jsonl([{"prompt": "One?"}, {"prompt": 3}, {"prompt": "Two?"}]), bad_rows="skip")
    assert upload.state == UploadState.DONE
    assert texts() == ["One?", "Two?"]
    assert (upload.counts["new"], upload.counts["bad"]) == (2, 1)


def test_a_refused_file_is_imported_without_its_bad_rows_and_without_being_sent_again(world: World) -> None:
    upload = bring_in(world, jsonl([{"prompt": "One?"}, {"prompt": 3}]))
    assert upload.state == UploadState.FAILED
    set_reading(actor=world.engineer, upload=upload, reading=Reading(bad_rows="skip"))
    start_import(actor=world.engineer, upload=upload)
    assert work(upload) == "succeeded"
    assert texts() == ["One?"]


def test_repeated_prompts_are_counted_and_no_error(world: World) -> None:
    bring_in(world, jsonl([{"prompt": "One?"}]))
    upload = bring_in(world, jsonl([{"prompt": "Two?"}, {"prompt": "One?"}, {"prompt": "Two?"}]))
    assert (upload.state, upload.counts["new"], upload.counts["repeated"]) == (UploadState.DONE, 1, 2)
    assert texts() == ["One?", "Two?"]


def test_rows_are_unseen_until_the_last_one_is_written(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("annotation.services.import_batches.BATCH_ROWS", 10)
    seen: list[tuple[int, int]] = []
    publish = importing._publish

    def look(*given: Any) -> None:
        seen.append((Prompt.every.count(), progress(world.project).prompts))
        publish(*given)

    monkeypatch.setattr(importing, "_publish", look)
    upload = bring_in(world, jsonl({"prompt": f"Question {n}?"} for n in range(95)))
    assert seen == [(95, 0)]
    assert upload.state == UploadState.DONE
    assert progress(world.project).prompts == 95


def test_candidates_become_items_without_a_generation_job(world: World) -> None:
    rows = [{"prompt": f"Q{n}?", "completions": [f"a{n}", f"b{n}"]} for n in range(3)]
    upload = bring_in(world, jsonl(rows), candidates=True, fields=named("completions"))
    assert (upload.state, upload.counts["opened"]) == (UploadState.DONE, 3)
    generation = Generation.objects.get()
    assert (generation.policy_name, generation.policy_digest) == ("imported", upload.sha256)
    assert generation.finished_at is not None
    assert Item.objects.count() == 3
    assert list(Completion.objects.order_by("prompt", "index").values_list("text", "finish_reason"))[:2] == [
        ("a0", "imported"),
        ("b0", "imported"),
    ]
    assert ballots_wanted(world.project) == 3


def test_a_row_with_another_number_of_completions_is_named(world: World) -> None:
    rows = [{"prompt": "A?", "completions": ["1", "2", "3"]}, {"prompt": "B?", "completions": ["1"]}]
    upload = bring_in(world, jsonl(rows), candidates=True, fields=named("completions"))
    assert upload.state == UploadState.FAILED
    assert "line 1: has 3 completions; this project ranks 2" in job_error(upload)
    assert "line 2: has 1 completion; this project ranks 2" in job_error(upload)
    nothing_came(world)


def test_preferences_become_outside_labels_and_no_ballots(world: World) -> None:
    rows = [
        {"prompt": "A?", "chosen": "good", "rejected": "bad"},
        {"prompt": "A?", "chosen": "fine", "rejected": "poor"},
    ]
    upload = bring_in(world, jsonl(rows))
    assert (upload.file_format, upload.counts["labels_kept"], upload.counts["new"]) == ("trl", 2, 1)
    first, second = outside_labels(world.project.pk)
    assert (first.prompt, first.completions, first.answer["groups"]) == ("A?", ("good", "bad"), [[0], [1]])
    assert second.completions == ("fine", "poor")
    assert PromptImport.objects.get().labels == 2
    assert (Item.objects.count(), ballots_wanted(world.project)) == (0, 0)


def test_people_of_a_source_are_told_apart_and_not_known(world: World) -> None:
    def ballot(who: str, prompt: str) -> dict[str, Any]:
        answer = {"groups": [[0], [1]], "unranked": [], "unacceptable": []}
        return {
            "format": "byhand.ballot/1", "prompt": prompt, "completions": ["x", "y"], "annotator": who,
            "answer": answer,
        }  # fmt: skip

    bring_in(world, jsonl([ballot("ann", "A?"), ballot("ben", "A?"), ballot("ann", "B?")]))
    one, two, three = (label.annotator_hash for label in outside_labels(world.project.pk))
    assert one == three != two
    assert len(one) == 64
    bring_in(world, jsonl([ballot("ann", "C?")]))
    *_, again = (label.annotator_hash for label in outside_labels(world.project.pk))
    assert again not in (one, two)


def test_published_rows_and_labels_cant_be_changed_or_removed(world: World) -> None:
    bring_in(world, jsonl([{"prompt": "A?", "chosen": "good", "rejected": "bad"}]))
    for statement in (
        "DELETE FROM annotation_outsidelabel", "UPDATE annotation_outsidelabel SET note = 'x'",
        "TRUNCATE annotation_outsidelabel", "DELETE FROM annotation_prompt",
        "UPDATE annotation_prompt SET language = 'en'", "DELETE FROM annotation_promptimport",
        "UPDATE annotation_promptimport SET rows = 9", "UPDATE annotation_source SET consent = 'opt_in'",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert (Prompt.objects.count(), OutsideLabel.objects.count(), PromptImport.objects.count()) == (1, 1, 1)


def test_a_cancelled_import_leaves_nothing(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("annotation.services.import_batches.BATCH_ROWS", 5)
    upload = take_in(world, jsonl({"prompt": f"{n}?", "chosen": "a", "rejected": "b"} for n in range(40)))
    start_import(actor=world.engineer, upload=upload)
    tell = import_steps.tell
    cancelled: list[int] = []

    def cancel_midway(context: Any, moved: Upload, what: str) -> None:
        tell(context, moved, what)
        if moved.checkpoint == 15 and not cancelled:
            cancelled.append(Prompt.every.count())
            cancel_import(actor=world.engineer, upload=Upload.objects.get(pk=upload.pk))

    monkeypatch.setattr("annotation.services.importing.tell", cancel_midway)
    assert work(upload) == "cancelled"
    assert cancelled == [15]
    upload.refresh_from_db()
    assert upload.state == UploadState.CANCELLING
    assert work(upload) == "succeeded"  # the job that removes
    upload.refresh_from_db()
    assert upload.state == UploadState.CANCELLED
    nothing_came(world)
    assert not upload_path(upload.pk).parent.exists()
    again = bring_in(world, jsonl([{"prompt": "1?", "chosen": "a", "rejected": "b"}]))
    assert again.counts["new"] == 1


def test_a_finished_import_cant_be_cancelled(world: World) -> None:
    upload = bring_in(world, jsonl([{"prompt": "One?"}]))
    with pytest.raises(TooLateToCancel):
        cancel_import(actor=world.engineer, upload=upload)
    assert texts() == ["One?"]
    assert Upload.objects.get(pk=upload.pk).state == UploadState.DONE


def test_an_import_goes_on_from_its_checkpoint(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("annotation.services.import_batches.BATCH_ROWS", 5)
    upload = take_in(world, jsonl({"prompt": f"{n}?", "chosen": "a", "rejected": "b"} for n in range(40)))
    start_import(actor=world.engineer, upload=upload)
    tell = import_steps.tell

    def fail_midway(context: Any, moved: Upload, what: str) -> None:
        if moved.checkpoint >= 20:
            raise RuntimeError("the worker is gone")
        tell(context, moved, what)

    monkeypatch.setattr("annotation.services.importing.tell", fail_midway)
    for _ in range(3):
        work(upload)
    assert Job.objects.get(pk=str(Upload.objects.get(pk=upload.pk).job_id)).state == "failed"
    assert (Prompt.every.count(), Prompt.objects.count()) == (30, 0)  # 20, then 5 in each later attempt
    monkeypatch.setattr("annotation.services.importing.tell", tell)
    resume_import(actor=world.engineer, upload=upload)
    assert work(upload) == "succeeded"
    upload.refresh_from_db()
    assert (upload.state, upload.counts["new"], upload.counts["repeated"]) == (UploadState.DONE, 40, 0)
    assert (Prompt.objects.count(), OutsideLabel.objects.count()) == (40, 40)


def test_the_same_file_is_not_imported_twice(world: World) -> None:
    bring_in(world, jsonl([{"prompt": "One?"}]))
    upload = take_in(world, jsonl([{"prompt": "One?"}]))
    with pytest.raises(AlreadyImported):
        start_import(actor=world.engineer, upload=upload)
    assert PromptImport.objects.count() == 1


def test_another_import_waits_its_turn(world: World) -> None:
    first, second = (take_in(world, jsonl([{"prompt": f"{n}?"}])) for n in range(2))
    start_import(actor=world.engineer, upload=first)
    with pytest.raises(ImportRunning):
        start_import(actor=world.engineer, upload=second)
    assert Upload.objects.get(pk=second.pk).state == UploadState.UPLOADED
    work(first)
    start_import(actor=world.engineer, upload=second)
    work(second)
    assert texts() == ["0?", "1?"]


def test_nothing_begins_before_the_source_is_known(world: World) -> None:
    upload = begin_upload(
        actor=world.engineer,
        project=world.project,
        filename="p.jsonl",
        stored=store([jsonl([{"prompt": "1"}])]),
    )
    with pytest.raises(BadSource):
        start_import(actor=world.engineer, upload=upload)
    assert Upload.objects.get(pk=upload.pk).state == UploadState.UPLOADED
    assert Job.objects.count() == 0


def test_a_full_disk_refuses_the_file_and_keeps_nothing(world: World, settings: Any) -> None:
    settings.IMPORT_KEEP_FREE_BYTES = 2**60
    with pytest.raises(NoRoom):
        store([b"x" * 100])
    incoming = settings.IMPORT_ROOT / "incoming"
    assert list(incoming.iterdir()) == []
    assert Upload.objects.count() == 0


def test_a_file_over_the_limit_is_refused_while_it_comes(world: World, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    taken: list[int] = []

    def blocks() -> Any:
        for number in range(100):
            taken.append(number)
            yield b"x" * 600_000

    with pytest.raises(BadImport):
        store(blocks())
    assert taken == [0, 1]
    assert list((settings.IMPORT_ROOT / "incoming").iterdir()) == []


def test_a_preview_reads_the_first_rows_and_changes_nothing(world: World) -> None:
    rows = [{"prompt": f"{n}?", "chosen": "a", "rejected": "b"} for n in range(600)]
    upload = take_in(world, jsonl(rows))
    before = Upload.objects.values().get()
    shown = preview(upload)
    assert shown.looks == "This looks like TRL preferences in JSON lines."
    assert (shown.rows, shown.problems, shown.complete, shown.with_answers) == (500, 0, False, 500)
    assert shown.names == ("prompt", "chosen", "rejected")
    assert [row.prompt for row in shown.sample] == ["0?", "1?", "2?", "3?", "4?"]
    assert Upload.objects.values().get() == before
    nothing_came(world)


def test_a_file_that_changed_on_disk_is_refused(world: World) -> None:
    upload = take_in(world, jsonl([{"prompt": "One?"}]))
    upload_path(upload.pk).write_bytes(jsonl([{"prompt": "Two?"}]))
    start_import(actor=world.engineer, upload=upload)
    assert work(upload) == "failed"
    assert Upload.objects.get(pk=upload.pk).state == UploadState.FAILED
    nothing_came(world)


@pytest.mark.parametrize("consent", ["opt_out_honoured", "none", "unknown"])
def test_texts_that_nobody_agreed_to_need_a_reason(world: World, consent: str) -> None:
    answers = Source("a", "b", "c", consent)
    with pytest.raises(BadSource) as refused:
        register_source(actor=world.engineer, project=world.project, answers=answers)
    assert refused.value.problems == [
        "reason: say why you use texts that nobody agreed to; reports print it."
    ]
    assert SourceEntry.objects.count() == 0
    named = Source("a", "b", "c", consent, reason="The court asked for it.")
    kept = register_source(actor=world.engineer, project=world.project, answers=named)
    assert (kept.reason, kept.created_by) == ("The court asked for it.", world.engineer)


def test_a_file_that_nobody_imported_is_thrown_away_after_a_week(world: World, settings: Any) -> None:
    waiting, running = (take_in(world, jsonl([{"prompt": f"{n}?"}])) for n in range(2))
    start_import(actor=world.engineer, upload=running)
    now = waiting.created_at
    assert sweep_uploads(at=now + timedelta(days=6)) == 0
    assert upload_path(waiting.pk).exists()
    assert sweep_uploads(at=now + timedelta(days=8)) == 1
    assert not upload_path(waiting.pk).parent.exists()
    assert upload_path(running.pk).exists()
    assert Upload.objects.get(pk=waiting.pk).state == UploadState.CANCELLED
    assert Upload.objects.get(pk=running.pk).state == UploadState.IMPORTING
