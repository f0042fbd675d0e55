"""Writes the files of an export into an empty folder: one pass that counts and hashes, one that writes.

The same ballots, options and secret give the same bytes. Memory holds one item at a time, and the ids of people.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from annotation.exports import manifest as manifests
from annotation.exports.manifest import CARD, NAME, Facts
from annotation.exports.options import Options
from annotation.exports.reading import Snapshot
from annotation.exports.release import Release, numbers_of, release_key
from annotation.formats.splitting import SPLITS, canonical
from annotation.formats.writers import argilla, ballots, flat, label_studio, open_assistant
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.files import JsonFiles
from annotation.formats.writers.pairwise import HhRows, TrlRows
from annotation.formats.writers.table import TableFiles
from annotation.formats.writers.tasks import ANNOTATION, OUTSIDE, Task
from annotation.models import Project
from byhand.errors import Invalid
from wages.transparency.merkle import leaf_hash, root

ARCHIVE = "everything.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class NothingToExport(Invalid):
    code = "nothing_to_export"


class MarginMissing(Invalid):
    code = "margin_missing"


class Files(Protocol):
    def write(self, split: str, row: Mapping[str, Any]) -> None: ...
    def close(self) -> None: ...


@dataclass
class Contents:
    """What the first pass found: who and what is inside."""

    ballots: int
    people: set[int]
    root: str


def contents(snapshot: Snapshot, check: Callable[[], None]) -> Contents:
    """Read every ballot that is inside once, and commit to them all by one hash."""
    people: set[int] = set()
    count = 0

    def leaves() -> Iterator[bytes]:
        nonlocal count
        for ballot, answer_hash, worker in snapshot.inside():
            check()
            people.add(worker)
            count += 1
            yield leaf_hash(f"ballot:{ballot} answer:{answer_hash}".encode())

    digest = root(leaves()).hex()
    return Contents(count, people, digest)


def rows_of(options: Options, tally: Tally) -> Callable[[Task], Iterable[Mapping[str, Any]]]:
    """Return the function that gives a task the shape of the format."""
    match options.file_format:
        case "ballots":
            return ballots.rows
        case "trl":
            return TrlRows(options.pairs, options.margin, tally).rows
        case "hh":
            return HhRows(options.pairs, options.markers, tally).rows
        case "label_studio":
            return label_studio.LabelStudioTasks(options.shape, tally).rows
        case "open_assistant":
            return open_assistant.rows
        case "argilla":
            return argilla.rows
        case _:
            return flat.rows


def files_of(options: Options, folder: Path, *, numbered: bool) -> Files:
    """Return what the rows are written into. `numbered` is whether people are told from each other."""
    if options.file_format in {"parquet", "datasets"}:
        return TableFiles(folder, options.file_format, people=numbered)
    return JsonFiles(folder, array=options.file_format == "label_studio")


@dataclass
class Built:
    """The manifest of the folder, and its digest."""

    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical(self.manifest)).hexdigest()


def build(
    *,
    snapshot: Snapshot,
    project: Project,
    options: Options,
    folder: Path,
    secret: bytes,
    check: Callable[[], None],
    progress: Callable[[int, int], None],
) -> Built:
    """Write everything. Raises NothingToExport or MarginMissing, and then the folder is of no use."""
    found = contents(snapshot, check)
    key = release_key(secret, found.root, options)
    release = Release(
        options, project.simulated, _language(project), str(project.pk), numbers_of(found.people, key)
    )
    tally, counts = Tally(), Counter[str]()
    shape = rows_of(options, tally)
    files = files_of(options, folder, numbered=not options.public or bool(release.people))
    done = 0
    for task in tasks(snapshot, release, key.hex()):
        check()
        for row in shape(task):
            files.write(task.split, row)
            tally.rows[task.split] += 1
        counts.update(_counted(task))
        done += sum(ballot.origin == ANNOTATION for ballot in task.ballots)
        progress(done, found.ballots)
    files.close()
    if release.not_rankable:
        counts["not_rankable"] = release.not_rankable
    _refuse(options, tally, release.items)
    facts = _facts(snapshot, project, found, tally, counts)
    return _finish(folder, facts, options, project)


def tasks(snapshot: Snapshot, release: Release, salt: str, limit: int | None = None) -> Iterator[Task]:
    """Yield what leaves, an item at a time; labels that were made elsewhere come last."""
    for row in snapshot.items(salt, limit):
        yield release.task(row)
    if release.options.outside:
        labels = snapshot.outside(salt, limit)
        for _, same in groupby(labels, key=lambda row: (row["prompt_id"], row["completions"])):
            yield release.outside(list(same))


def _counted(task: Task) -> dict[str, int]:
    by_origin = Counter(ballot.origin for ballot in task.ballots)
    only_outside = set(by_origin) == {OUTSIDE}
    return {
        "items": int(not only_outside),
        "adjudications": by_origin["adjudication"],
        "outside_labels": by_origin[OUTSIDE],
    }


def _refuse(options: Options, tally: Tally, items: int) -> None:
    if not items:
        raise NothingToExport("There is nothing to export: no ranking is left by these options.")
    missing = tally.left_out["pairs_without_strength"]
    if options.margin == "required" and options.file_format == "trl" and missing:
        total = missing + sum(tally.rows.values())
        raise MarginMissing(
            f"{missing} of {total} pairs have no stated strength, so not every row could have a margin. "
            "Export without a margin, or only the pairs where one was stated.",
            ["margin: none, or where_stated"],
        )


def _language(project: Project) -> str:
    return str(project.languages[0]) if len(project.languages) == 1 else ""


def _facts(
    snapshot: Snapshot, project: Project, found: Contents, tally: Tally, counts: Counter[str]
) -> Facts:
    present = [*SPLITS] if snapshot.options.splits == "by_group" else ["all"]
    return Facts(
        project=str(project.pk),
        title=project.title,
        organisation=project.organisation.name,
        simulated=project.simulated,
        languages=[str(code) for code in project.languages],
        ballots=found.ballots,
        ballots_root=found.root,
        people=len(found.people),
        left_out=snapshot.left_out(),
        sources=snapshot.sources(),
        counts={"rows": sum(tally.rows.values()), **dict(sorted(counts.items()))},
        splits={split: {"rows": tally.rows[split]} for split in present},
        rows_left_out={name: n for name, n in tally.left_out.items() if n},
    )


def _finish(folder: Path, facts: Facts, options: Options, project: Project) -> Built:
    if options.file_format == "label_studio":
        config = label_studio.config(options.shape, project.k)
        (folder / "label_config.xml").write_text(config, encoding="utf-8")
    (folder / CARD).write_text(manifests.card(facts, options, _data_files(folder)), encoding="utf-8")
    built = Built(manifests.manifest(facts, options, manifests.hashes(folder)))
    (folder / NAME).write_bytes(canonical(built.manifest))
    return built


def _data_files(folder: Path) -> dict[str, str]:
    """Return the file of each split, for the header of the card; a datasets folder describes itself."""
    found: dict[str, str] = {}
    for split in (*SPLITS, "all"):
        for name in (f"{split}.jsonl", f"{split}.json", f"data/{split}-00000-of-00001.parquet"):
            if (folder / name).is_file():
                found[split] = name
    return found


def archive(folder: Path) -> int:
    """Write every file of `folder` into one that holds them all, the same bytes each time; return its size."""
    target = folder / ARCHIVE
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path != target:
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as reading, packed.open(info, "w", force_zip64=True) as writing:
                    while block := reading.read(1024 * 1024):
                        writing.write(block)
    return target.stat().st_size
