"""`manage.py export`: the files land in a new folder, and every one of them is on record as fetched."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from annotation.management.commands import export as command
from annotation.models import Export, ExportDownload
from byhand.jobs import worker as jobs
from byhand.jobs.terminal import follow_in_terminal
from tests.annotation.exports_world import ExportWorld, ranked_world


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[ExportWorld]:
    with django_db_blocker.unblock():
        yield ranked_world(items=3)


@pytest.fixture
def a_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Do each job as soon as it is followed, as a worker beside the command would."""
    threads: list[threading.Thread] = []

    def work(job_id: Any) -> None:
        jobs.run(job_id)
        connections.close_all()

    def with_a_worker(job: Any, **options: Any) -> Any:
        threads.append(threading.Thread(target=work, args=[job.pk]))
        threads[-1].start()
        return follow_in_terminal(job, **options)

    monkeypatch.setattr(command, "follow_in_terminal", with_a_worker)
    yield
    for thread in threads:
        thread.join()


def test_it_works(world: ExportWorld, a_worker: None, tmp_path: Path) -> None:
    out, said = tmp_path / "taken", StringIO()
    call_command(
        "export", str(world.project.pk), "--format", "trl", "--class", "internal", "--pairs", "adjacent",
        "--out", str(out), "--wait", stdout=said,
    )  # fmt: skip
    manifest = (out / "manifest.json").read_bytes()
    assert f"manifest sha256 {hashlib.sha256(manifest).hexdigest()}" in said.getvalue()
    for name, file in json.loads(manifest)["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == file["sha256"]
    assert json.loads(manifest)["options"]["pairs"] == "adjacent"
    assert not (out / "everything.zip").exists()
    fetched = set(ExportDownload.objects.values_list("filename", flat=True))
    assert fetched == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def test_a_refused_export_ends_with_its_reason(world: ExportWorld, a_worker: None) -> None:
    world.ballot(world.item("Unsaid?"), 0, [[0], [1], [2], [3]])
    with pytest.raises(CommandError, match="6 of 110 pairs have no stated strength") as ended:
        call_command(
            "export", "places", "--format", "trl", "--class", "internal", "--margin", "required", "--wait"
        )
    assert ended.value.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "--format", "trl", "--class", "public"], "No such project"),
        (["places", "--format", "trl", "--class", "public", "--out", "x"], "--out needs --wait"),
        (["places", "--format", "ballots", "--class", "public", "--pairs", "all"], "has no such option"),
        (["places", "--format", "trl", "--class", "public", "--as", "nobody@example.org"], "which engineer"),
    ],
)
def test_what_can_t_be_done_is_said_and_nothing_is_asked(
    world: ExportWorld, arguments: list[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("export", *arguments)
    assert not Export.objects.exists()
