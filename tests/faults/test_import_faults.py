"""An import outlives its worker: killed midway it goes on, and nothing is doubled or seen too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from annotation.models import OutsideLabel, Prompt, PromptImport, Upload, UploadState
from annotation.services.imports import start_import
from byhand.jobs.models import Job
from byhand.jobs.services import sweep
from tests.annotation.imports_world import jsonl, take_in
from tests.annotation.world import World, make_draft
from tests.fixtures_processes import CeleryWorker, eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]
ROWS = 60_000


@pytest.fixture
def world(own_database: str, broker: Any, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_draft(k=2)


def test_an_import_whose_worker_was_killed_goes_on_without_doubling(
    world: World, celery_worker: Callable[..., CeleryWorker]
) -> None:
    rows = ({"prompt": f"{n} " + "w " * 400, "chosen": "a", "rejected": "b"} for n in range(ROWS))
    upload = take_in(world, jsonl(rows))
    worker = celery_worker("default", lease_seconds=2)
    start_import(actor=world.engineer, upload=upload)
    eventually(lambda: Upload.objects.get(pk=upload.pk).checkpoint > 3000, "the first batches")
    worker.kill()
    left = Upload.objects.get(pk=upload.pk)
    assert left.state == UploadState.IMPORTING
    assert left.checkpoint < ROWS, "it was killed too late to show anything"
    assert Prompt.every.count() == left.checkpoint  # a batch and its checkpoint commit together
    assert Prompt.objects.count() == 0
    celery_worker("default", lease_seconds=2)
    eventually(
        lambda: (sweep(), Upload.objects.get(pk=upload.pk).state)[1] == UploadState.DONE, "the end", 180
    )
    done = Upload.objects.get(pk=upload.pk)
    assert (done.counts["new"], done.counts["repeated"], done.counts["labels_kept"]) == (ROWS, 0, ROWS)
    assert (Prompt.objects.count(), OutsideLabel.objects.count()) == (ROWS, ROWS)
    assert PromptImport.objects.get().rows == ROWS
    assert Job.objects.get(pk=str(done.job_id)).attempt == 2
