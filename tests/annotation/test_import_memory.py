"""A large file comes in with bounded memory. BYHAND_IMPORT_TEST_MB sets its size; the figures are printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from annotation.models import Prompt, Upload, UploadState
from annotation.services.import_files import store
from annotation.services.imports import start_import
from annotation.services.uploads import answer_source, begin_upload
from byhand.embedded.paths import ROOT
from tests.annotation.imports_world import SOURCE
from tests.annotation.world import make_draft
from tests.fixtures_processes import process_environment

MEGABYTES = int(os.environ.get("BYHAND_IMPORT_TEST_MB", "150"))
ROW_BYTES = 1000
MOST_RSS_MB = 250  # Django, its database driver and a batch; the file itself has no part in it
JOB = """
import sys, django
from pathlib import Path
django.setup()
from byhand.jobs.worker import run
def peak():  # of this program alone; ru_maxrss would begin at what its parent had
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
before = peak()
state = run(sys.argv[1])
print(state, before, peak())
"""


def blocks(megabytes: int) -> Iterator[bytes]:
    filler = "word " * 180
    for start in range(0, megabytes * 1_000_000 // ROW_BYTES, 1000):
        rows = (f'{{"prompt": "{number} {filler}"}}\n' for number in range(start, start + 1000))
        yield "".join(row.rstrip("\n").ljust(ROW_BYTES - 1) + "\n" for row in rows).encode()


@pytest.mark.slow
def test_a_large_file_comes_in_with_bounded_memory(
    own_database: str, django_db_blocker: Any, capfd: Any, settings: Any
) -> None:
    with django_db_blocker.unblock():
        world = make_draft(k=2)
        began = time.monotonic()
        stored = store(blocks(MEGABYTES))
        upload = begin_upload(
            actor=world.engineer, project=world.project, filename="large.jsonl", stored=stored
        )
        answer_source(actor=world.engineer, upload=upload, answers=SOURCE)
        upload = start_import(actor=world.engineer, upload=upload)
        sent = time.monotonic()
        command = [sys.executable, "-c", JOB, str(upload.job_id)]
        done = subprocess.run(
            command, env=process_environment(), cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds = time.monotonic() - sent
        state, before, peak = done.stdout.split()
        upload.refresh_from_db()
        rows = MEGABYTES * 1_000_000 // ROW_BYTES
        figures = {
            "name": "annotation.import", "megabytes": MEGABYTES, "rows": rows, "seconds": round(seconds, 1),
            "upload_seconds": round(sent - began, 1), "check_seconds": upload.counts["check_seconds"],
            "write_seconds": upload.counts["write_seconds"], "rows_per_s": round(rows / seconds),
            "rss_before_mb": int(before), "rss_peak_mb": int(peak),
        }  # fmt: skip
        with capfd.disabled():
            print("\n" + json.dumps(figures))  # noqa: T201
        assert (state, upload.state) == ("succeeded", UploadState.DONE)
        assert Upload.objects.get().counts["new"] == rows
        assert Prompt.objects.filter(project=world.project).count() == rows
        assert int(peak) < MOST_RSS_MB
