"""What tests of streamed imports share: a file is taken in, read as said, and brought in by its job."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from annotation.formats.readers.records import Fields
from annotation.models import Upload
from annotation.services.import_files import store
from annotation.services.imports import start_import
from annotation.services.sources import Source
from annotation.services.uploads import Reading, answer_source, begin_upload, reading_of, set_reading
from byhand.jobs.models import Job
from byhand.jobs.worker import run
from tests.annotation.world import World

SOURCE = Source(
    "written for this test", "the test", "CC0-1.0", "own_work", obtained="typed in", personal_data="none"
)


def jsonl(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def take_in(world: World, content: bytes, name: str = "p.jsonl", **read: Any) -> Upload:
    """Upload a file and say where it comes from. `read` changes how it is read; nothing is imported."""
    upload = begin_upload(actor=world.engineer, project=world.project, filename=name, stored=store([content]))
    upload = answer_source(actor=world.engineer, upload=upload, answers=SOURCE)
    if read:
        now = reading_of(upload)
        given = {"shape": now.shape, "fields": now.fields, "candidates": now.candidates, "labels": now.labels}
        upload = set_reading(actor=world.engineer, upload=upload, reading=Reading(**{**given, **read}))
    return upload


def work(upload: Upload) -> str:
    """Run the import's job in this process; return how the job ended."""
    upload.refresh_from_db()
    assert upload.job_id is not None
    return run(upload.job_id)


def bring_in(world: World, content: bytes, name: str = "p.jsonl", **read: Any) -> Upload:
    upload = take_in(world, content, name, **read)
    start_import(actor=world.engineer, upload=upload)
    work(upload)
    return Upload.objects.get(pk=upload.pk)


def job_error(upload: Upload) -> str:
    return str(Job.objects.get(pk=str(upload.job_id)).error)


def named(*names: str, text: str = "prompt") -> Fields:
    return Fields(text=text, completions=names)
