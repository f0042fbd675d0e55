"""Withdrawn rankings are in no later export, and the files of earlier ones go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from annotation.errors import ExportGone
from annotation.exports import build
from annotation.models import Export, Withdrawal
from annotation.services import exports
from annotation.services.withdrawing import withdraw_ballots
from tests.annotation.exports_world import ExportWorld, begin, exported_folders, made, ranked_world, run
from tests.annotation.test_exports import manifest, rows


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[ExportWorld]:
    with django_db_blocker.unblock():
        yield ranked_world(items=3)


def test_later_exports_have_none_of_it_whatever_they_ask_for(world: ExportWorld) -> None:
    withdraw_ballots(worker=world.people[2], project_id=world.project.pk)
    everything = ["surplus", "repeats", "gold", "qualification"]
    for include in ([], everything):
        folder = made(world, "ballots", include=include)
        assert {row["annotator"] for row in rows(folder)} == {f"heron-{n}" for n in (0, 1, 3, 4, 5)}
        assert manifest(folder)["counts"]["ballots"] == 15


def test_the_files_of_earlier_exports_go_and_are_said_to_be_gone(world: ExportWorld) -> None:
    made(world, "ballots")
    export = Export.objects.get()
    withdraw_ballots(worker=world.people[2], project_id=world.project.pk)
    assert exports.remove_exports(world.project.pk) == 1
    assert exports.remove_exports(world.project.pk) == 0
    assert exported_folders() == []
    with pytest.raises(ExportGone, match="withdrawn"):
        exports.allow_download(actor=world.engineer, export_id=export.pk, filename="manifest.json")
    later = made(world, "ballots")
    assert exports.remove_exports(world.project.pk) == 0
    assert exported_folders() == [later.name]


def test_a_withdrawal_while_an_export_is_being_made_makes_it_begin_again(
    world: ExportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = build.archive

    def overtaken(folder: Any) -> int:
        if not Withdrawal.objects.exists():
            withdraw_ballots(worker=world.people[2], project_id=world.project.pk)
        return pack(folder)

    monkeypatch.setattr(exports, "archive", overtaken)
    export = begin(world, "ballots")
    assert run(export) == "queued"
    assert exported_folders() == []
    assert run(export) == "succeeded"
    export.refresh_from_db()
    assert export.result.manifest["counts"]["ballots"] == 15
