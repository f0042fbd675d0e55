"""Whatever people may say of completions survives every lossless export, exactly: read back by other code."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import datasets
import pytest
from hypothesis import HealthCheck, given, settings

from annotation.formats.readers import argilla as argilla_reader
from annotation.formats.readers import ballots as ballots_reader
from annotation.formats.readers import label_studio as label_studio_reader
from annotation.formats.readers import open_assistant as open_assistant_reader
from annotation.formats.readers.records import Fields, Shape
from annotation.formats.rows import LabelledRow, OutsideAnswer
from annotation.formats.writers import argilla, ballots, flat, open_assistant
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.files import JsonFiles, line_of
from annotation.formats.writers.label_studio import LabelStudioTasks
from annotation.formats.writers.table import BATCH, TableFiles, features, schema
from annotation.formats.writers.tasks import Task
from tests.formats.random_tasks import CLEAN, tasks

datasets.disable_progress_bars()


def said(task: Task) -> list[OutsideAnswer]:
    return [ballot.answer for ballot in task.ballots]


def read(shape: Shape, record: dict[str, Any]) -> LabelledRow:
    (row,) = shape(1, json.loads(line_of(record)), Fields())
    assert isinstance(row, LabelledRow)
    return row


def text_of(row: LabelledRow) -> tuple[str, tuple[str, ...]]:
    return row.prompt, row.completions


@given(tasks())
def test_a_raw_ballot_is_one_line_whatever_its_text(task: Task) -> None:
    for row in ballots.rows(task):
        line = line_of(row)
        assert len(line.decode().splitlines()) == 1
        assert json.loads(line) == row


@given(tasks())
def test_a_raw_ballot_holds_everything_that_was_said(task: Task) -> None:
    for row, ballot in zip(ballots.rows(task), task.ballots, strict=True):
        read_back = json.loads(line_of(row))
        answer = read_back["answer"]
        assert (read_back["prompt"], tuple(read_back["completions"])) == (task.prompt, task.completions)
        assert tuple(read_back["shown_order"]) == ballot.shown_order
        assert read_back["facts"] == {**task.facts, **ballot.facts}
        assert OutsideAnswer(
            annotator=read_back["annotator"],
            groups=tuple(map(tuple, answer["groups"])),
            unranked=tuple(answer["unranked"]),
            unacceptable=tuple(answer["unacceptable"]),
            strengths=tuple(answer["strengths"]),
            ratings={name: tuple(values) for name, values in answer["ratings"].items()},
            flags=tuple(answer["flags"]),
            note=answer["note"],
        ) == ballot.answer  # fmt: skip


@given(tasks(CLEAN))
def test_raw_ballots_come_back_by_the_importer(task: Task) -> None:
    found = [read(ballots_reader.rows, row) for row in ballots.rows(task)]
    assert [row.answers for row in found] == [(answer,) for answer in said(task)]
    assert {text_of(row) for row in found} == {(task.prompt, task.completions)}


@given(tasks(CLEAN))
def test_label_studio_tasks_come_back_by_the_importer(task: Task) -> None:
    (record,) = LabelStudioTasks("ranker", Tally()).rows(task)
    row = read(label_studio_reader.rows, record)
    assert list(row.answers) == said(task)
    assert text_of(row) == (task.prompt, task.completions)


@given(tasks(CLEAN))
def test_argilla_records_come_back_by_the_importer(task: Task) -> None:
    (record,) = argilla.rows(task)
    row = read(argilla_reader.rows, record)
    assert list(row.answers) == said(task)
    assert text_of(row) == (task.prompt, task.completions)


@given(tasks(CLEAN))
def test_the_events_of_a_tree_come_back_by_the_importer(task: Task) -> None:
    (record,) = open_assistant.rows(task)
    found = list(open_assistant_reader.rows(1, json.loads(line_of(record)), Fields()))
    assert isinstance(found[-1], LabelledRow)
    assert list(found[-1].answers) == said(task)
    assert text_of(found[-1]) == (task.prompt, task.completions)


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(task=tasks())
def test_a_table_read_by_datasets_holds_everything_that_was_said(task: Task, kind: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = TableFiles(folder, kind, people=True)
        for row in flat.rows(task):
            files.write(task.split, row)
        files.close()
        if kind == "parquet":
            path = str(files.path(task.split))
            found = datasets.Dataset.from_parquet(path, cache_dir=str(folder / "cache"))
        else:
            found = datasets.load_from_disk(name)[task.split]
        rows = list(found)
        del found
    for row, wanted in zip(rows, flat.rows(task), strict=True):
        assert row == wanted


def test_a_table_has_every_row_of_several_batches(tmp_path: Path) -> None:
    files = TableFiles(tmp_path, "datasets", people=False)
    row = {"item": 0, "prompt": "p", "completions": ["a"], "groups": [[0]], "facts": "{}"}
    for number in range(2 * BATCH + 7):
        files.write("train", {**row, "item": number})
    files.close()
    found = datasets.load_from_disk(str(tmp_path))["train"]
    assert found["item"][:] == list(range(2 * BATCH + 7))
    assert "annotator" not in found.column_names
    assert found.features["groups"] == datasets.List(datasets.List(datasets.Value("int8")))


def test_an_array_file_is_one_json_value(tmp_path: Path) -> None:
    files = JsonFiles(tmp_path, array=True)
    for number in range(3):
        files.write("train", {"n": number, "text": "a\u2028b"})
    files.close()
    assert json.loads((tmp_path / "train.json").read_bytes()) == [
        {"n": number, "text": "a\u2028b"} for number in range(3)
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["train.json"]


@pytest.mark.parametrize("people", [True, False])
def test_the_columns_are_described_as_datasets_itself_would(people: bool) -> None:
    theirs = datasets.Features.from_arrow_schema(schema(people=people))
    assert theirs.to_dict() == features(people=people)
    assert theirs.arrow_schema.metadata == schema(people=people).metadata
