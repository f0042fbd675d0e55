"""Parquet, Arrow and packed datasets folders, written by their own libraries."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.formats.readers.records import Fields, Unreadable
from annotation.formats.rows import Problem
from tests.annotation.formats.reading_world import entries, looks, rows

ROWS = [{"prompt": f"Question {n}?", "lang": "en", "completions": [f"a{n}", f"b{n}"]} for n in range(300)]


def parquet(records: list[dict[str, Any]], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), out, **options)
    return out.getvalue()


def saved(tmp_path: Path, splits: bool) -> Path:
    datasets = pytest.importorskip("datasets")
    made = datasets.Dataset.from_list(ROWS)
    folder = tmp_path / "saved"
    (datasets.DatasetDict({"train": made, "test": made.select([0])}) if splits else made).save_to_disk(folder)
    return folder


def zipped(folder: Path, name: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{name}{path.relative_to(folder)}")
    return out.getvalue()


def tarred(folder: Path, mode: Literal["w", "w:gz", "w:xz"]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        archive.add(folder, arcname="my_data")
    return out.getvalue()


def test_parquet_is_read_over_its_row_groups() -> None:
    content = parquet(ROWS, row_group_size=50)
    assert str(looks(content, "p.parquet")) == "This looks like prompts in Parquet."
    found = rows(content, "whatever.jsonl")
    assert [row.prompt for row in found] == [record["prompt"] for record in ROWS]
    assert found[0].completions == ("a0", "b0")
    assert [row.line for row in found[:3]] == [1, 2, 3]


def test_preferences_are_read_out_of_parquet() -> None:
    record = {"prompt": [{"role": "user", "content": "Hi?"}], "chosen": [{"role": "assistant", "content": "Yes."}],
              "rejected": [{"role": "assistant", "content": "No."}]}  # fmt: skip
    (row,) = rows(parquet([record]), "p.parquet")
    assert (row.prompt, row.completions) == ("Hi?", ("Yes.", "No."))


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_files_and_streams_are_read(kind: str) -> None:
    table, out = pa.Table.from_pylist(ROWS), io.BytesIO()
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(out, table.schema) as writer:
        writer.write_table(table)
    assert len(rows(out.getvalue(), "data.arrow")) == 300


@pytest.mark.parametrize("how", ["zip", "tar", "tar.gz"])
def test_a_datasets_folder_is_read_packed(tmp_path: Path, how: str) -> None:
    folder = saved(tmp_path, splits=False)
    content = (
        zipped(folder, "my_data/") if how == "zip" else tarred(folder, "w:gz" if how == "tar.gz" else "w")
    )
    assert str(looks(content, f"d.{how}")) == "This looks like prompts in a packed datasets folder."
    found = rows(content, f"d.{how}")
    assert [row.prompt for row in found] == [record["prompt"] for record in ROWS]


def test_the_splits_of_a_datasets_folder_are_named(tmp_path: Path) -> None:
    content = zipped(saved(tmp_path, splits=True))
    found = rows(content, "d.zip", "prompts", Fields(metadata=("split",)))
    assert len(found) == 301
    assert {row.metadata["split"] for row in found} == {"train", "test"}


def archive(name: str, content: bytes = b"x", mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        made.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["../out/state.json", "/etc/state.json", "a\\..\\state.json", "C:/state.json"]
)
def test_names_that_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="names a file outside of itself"):
        looks(archive(name), "d.zip")


def test_links_in_archives_are_refused() -> None:
    with pytest.raises(Unreadable, match="holds a link or device"):
        looks(archive("state.json", b"/etc/passwd", 0o120777), "d.zip")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        entry = tarfile.TarInfo("state.json")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(entry)
    with pytest.raises(Unreadable, match="holds a link or device"):
        looks(out.getvalue(), "d.tar")


def test_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    bomb = archive("data.arrow", b"\x00" * 200_000_000)
    assert len(bomb) < 300_000
    with pytest.raises(Unreadable, match="unpacks to 200,000,000 bytes"):
        looks(bomb, "d.zip")


def test_an_archive_without_a_datasets_folder_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"no state\.json"):
        looks(archive("prompts.txt"), "d.zip")


def test_a_file_that_state_json_names_and_is_not_there_is_named() -> None:
    with pytest.raises(Unreadable, match=r"lacks 'data-0\.arrow'"):
        looks(archive("state.json", b'{"_data_files": [{"filename": "data-0.arrow"}]}'), "d.zip")


@pytest.mark.parametrize("cut", [20, 200, 2000])
def test_a_truncated_table_gives_one_clear_error(cut: int) -> None:
    for content in (parquet(ROWS), zipped_stream()):
        try:
            found = entries(content[:-cut], "p.parquet", "prompts")
        except Unreadable:
            continue
        assert isinstance(found[-1], Problem)
        assert len([entry for entry in found if isinstance(entry, Problem)]) == 1


def zipped_stream() -> bytes:
    table, out = pa.Table.from_pylist(ROWS), io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()
