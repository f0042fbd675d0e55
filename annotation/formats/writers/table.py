"""Ballots as a typed table: Parquet files, or the Arrow folder that `datasets.load_from_disk` reads.

Rows are gathered into batches of a fixed size, so that memory is bounded and the same rows give the same bytes.
pyarrow is imported where it is used: a web process never needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotation.formats.splitting import SPLITS

BATCH = 200
Feature = dict[str, Any]


def _value(dtype: str) -> Feature:
    return {"dtype": dtype, "_type": "Value"}


def _list(feature: Feature) -> Feature:
    return {"feature": feature, "_type": "List"}


_TEXT, _INDEXES = _value("string"), _list(_value("int8"))
# In the words of `datasets`: its files describe their columns so.
FEATURES: dict[str, Feature] = {
    "simulated": _value("bool"),
    "item": _value("int64"),
    "origin": _TEXT,
    "prompt": _TEXT,
    "completions": _list(_TEXT),
    "groups": _list(_INDEXES),
    "unranked": _INDEXES,
    "unacceptable": _INDEXES,
    "strengths": _list(_TEXT),
    "ratings": _list({"dimension": _TEXT, "values": _INDEXES}),
    "flags": _list({"kind": _TEXT, "completion": _value("int8")}),
    "note": _TEXT,
    "shown_order": _INDEXES,
    "annotator": _TEXT,
    "wages": _TEXT,
    "facts": _TEXT,
}


def features(*, people: bool) -> dict[str, Feature]:
    """Return the columns; without `people` there is none of annotators."""
    return {name: feature for name, feature in FEATURES.items() if people or name != "annotator"}


def schema(*, people: bool) -> Any:
    """Return the Arrow schema, with the features in its metadata as `datasets` writes them."""
    import pyarrow as pa

    columns = features(people=people)
    said = json.dumps({"info": {"features": columns}})
    return pa.schema([(name, _arrow(one)) for name, one in columns.items()], metadata={"huggingface": said})


def _arrow(feature: Feature) -> Any:
    import pyarrow as pa

    match feature.get("_type"):
        case "Value":
            return {"string": pa.string(), "bool": pa.bool_(), "int8": pa.int8(), "int64": pa.int64()}[
                feature["dtype"]
            ]
        case "List":
            return pa.list_(_arrow(feature["feature"]))
        case _:
            return pa.struct([(name, _arrow(inner)) for name, inner in feature.items()])


class TableFiles:
    """One file a split, opened when its first row comes."""

    def __init__(self, folder: Path, kind: str, *, people: bool) -> None:
        self._folder, self._kind, self._people = folder, kind, people
        self._schema = schema(people=people)
        self._open: dict[str, Any] = {}
        self._waiting: dict[str, list[Mapping[str, Any]]] = {}

    def write(self, split: str, row: Mapping[str, Any]) -> None:
        waiting = self._waiting.setdefault(split, [])
        waiting.append(row)
        if len(waiting) == BATCH:
            self._flush(split)

    def close(self) -> None:
        for split in list(self._waiting):
            self._flush(split)
        for writer in self._open.values():
            writer.close()
        if self._kind == "datasets":
            self._describe()

    def path(self, split: str) -> Path:
        if self._kind == "parquet":
            return self._folder / "data" / f"{split}-00000-of-00001.parquet"
        return self._folder / split / "data-00000-of-00001.arrow"

    def _flush(self, split: str) -> None:
        import pyarrow as pa

        waiting = self._waiting[split]
        if not waiting:
            return
        if split not in self._open:
            self._open[split] = self._begin(self.path(split))
        self._open[split].write_batch(pa.RecordBatch.from_pylist(list(waiting), schema=self._schema))
        waiting.clear()

    def _begin(self, path: Path) -> Any:
        import pyarrow.ipc
        import pyarrow.parquet

        path.parent.mkdir(exist_ok=True)
        if self._kind == "parquet":
            return pyarrow.parquet.ParquetWriter(path, self._schema)
        return pyarrow.ipc.new_stream(path, self._schema)

    def _describe(self) -> None:
        """Write what `load_from_disk` wants beside the data: which splits, which files, which features."""
        present = [split for split in (*SPLITS, "all") if split in self._open]
        _write_json(self._folder / "dataset_dict.json", {"splits": present})
        for split in present:
            folder = self._folder / split
            _write_json(folder / "dataset_info.json", {"features": features(people=self._people)})
            state: dict[str, Any] = {
                "_data_files": [{"filename": self.path(split).name}], "_fingerprint": f"byhand-{split}",
                "_format_columns": None, "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False,
                "_split": split,
            }  # fmt: skip
            _write_json(folder / "state.json", state)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
