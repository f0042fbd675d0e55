"""`manage.py import_prompts` brings a file or a folder in, and says what is wrong in words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Item, Prompt, Source, Upload, UploadState
from tests.annotation.imports_world import jsonl, work
from tests.annotation.world import World, make_draft

SAID = {
    "source": "typed", "creator": "the test", "licence": "CC0-1.0", "consent": "own_work", "obtained": "typed in",
}  # fmt: skip


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_draft(k=2)


def command(world: World, path: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command(
        "import_prompts",
        world.project.slug,
        str(path),
        actor=world.engineer.email,
        stdout=out,
        **{**SAID, **options},
    )
    return out.getvalue()


def test_a_file_is_taken_in_and_its_job_waits(world: World, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(jsonl([{"prompt": "One?", "completions": ["a", "b"]}]))
    assert "p.jsonl, read as prompts" in command(world, path, rank=True)
    upload = Upload.objects.get()
    assert upload.state == UploadState.IMPORTING
    assert work(upload) == "succeeded"
    assert (Prompt.objects.count(), Item.objects.count()) == (1, 1)
    assert Source.objects.get().obtained == "typed in"


def test_a_datasets_folder_is_taken_in(world: World, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "saved"
    datasets.Dataset.from_list([{"prompt": f"{n}?"} for n in range(5)]).save_to_disk(folder)
    command(world, folder)
    assert work(Upload.objects.get()) == "succeeded"
    assert list(Prompt.objects.order_by("pk").values_list("text", flat=True)) == [
        "0?",
        "1?",
        "2?",
        "3?",
        "4?",
    ]


def test_what_is_wrong_is_said(world: World, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(CommandError, match="this looks like a PDF document"):
        command(world, path)
    with pytest.raises(CommandError, match="nobody here has the address"):
        call_command("import_prompts", world.project.slug, str(path), actor="nobody@example.org", **SAID)
    assert Upload.objects.count() == 0


def test_a_folder_with_a_link_is_refused(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "state.json").symlink_to("/etc/passwd")
    with pytest.raises(CommandError, match="is a link"):
        command(world, folder)
    assert Upload.objects.count() == 0
