"""Two imports of one file at once: one comes in. Without the database's rule both would begin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from annotation.errors import AlreadyImported, ImportRunning
from annotation.models import Prompt, PromptImport, Upload, UploadState
from annotation.services.imports import start_import
from byhand.errors import DomainError
from tests.annotation.imports_world import jsonl, take_in, work
from tests.annotation.world import World, make_draft

ROWS = [{"prompt": f"{n}?"} for n in range(50)]


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_draft(k=2)


def start_both(world: World, uploads: list[Upload]) -> list[str]:
    """Start every upload from a thread of its own, at the same moment; return what each was told."""
    told: list[str] = []
    together = threading.Barrier(len(uploads))

    def begin(upload: Upload) -> None:
        try:
            together.wait()
            told.append(start_import(actor=world.engineer, upload=upload).state)
        except DomainError as error:
            told.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin, args=[upload]) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def test_of_two_imports_at_once_one_begins(world: World) -> None:
    uploads = [take_in(world, jsonl(ROWS)) for _ in range(4)]
    assert start_both(world, uploads) == [ImportRunning.code] * 3 + [UploadState.IMPORTING]
    moving = Upload.objects.get(state=UploadState.IMPORTING)
    assert work(moving) == "succeeded"
    rest = [upload for upload in uploads if upload.pk != moving.pk]
    assert start_both(world, rest) == [AlreadyImported.code] * 3
    assert (Prompt.objects.count(), PromptImport.objects.count()) == (50, 1)


def test_without_the_rule_both_begin(world: World) -> None:
    """The negative control."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP INDEX upload_one_moves_at_a_time")
    uploads = [take_in(world, jsonl(ROWS)) for _ in range(2)]
    assert start_both(world, uploads) == [UploadState.IMPORTING] * 2
    assert connection.is_usable()
