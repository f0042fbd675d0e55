"""Records of a Hugging Face `datasets` folder, packed as .zip or .tar. Pure.

Nothing is unpacked to disk: the Arrow files inside are read as streams, in the order that `state.json` names them.
So no name in an archive can lead outside; names that try, and links, are refused all the same.
"""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from annotation.formats.readers.guarded import Guarded, size_of, unpacked_limit
from annotation.formats.readers.records import Records, Unreadable

MAX_MEMBERS = 10_000
MAX_STATE = 1024 * 1024
Opener = Callable[[], BinaryIO]


def datasets_folder(stream: BinaryIO) -> Records:
    """Yield the rows of every split, numbered from 1 over all of them."""
    from annotation.formats.readers import tables  # loads pyarrow, which only a few requests need

    limit = unpacked_limit(size_of(stream))
    number = 0
    with _members(stream, limit) as members:
        for folder, split in _folders(members):
            for file in _arrow_files(members, folder):
                with members[file]() as opened:
                    for batch in tables.arrow_batches(opened, limit):
                        for record in batch.to_pylist():
                            number += 1
                            yield number, {"split": split, **record} if split else record


@contextmanager
def _members(stream: BinaryIO, limit: int) -> Iterator[Mapping[str, Opener]]:
    """Give the files of an archive by name; raises Unreadable for anything but plain files and folders."""
    try:
        if zipfile.is_zipfile(stream):
            stream.seek(0)
            with zipfile.ZipFile(stream) as archive:
                yield _zip_members(archive, limit)
        else:
            stream.seek(0)
            with tarfile.open(fileobj=io.BufferedReader(Guarded(stream, 4 * limit)), mode="r:*") as packed:
                yield _tar_members(packed, limit)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError) as error:
        raise Unreadable(f"the archive can't be read ({error})") from error


def _zip_members(archive: zipfile.ZipFile, limit: int) -> dict[str, Opener]:
    found: dict[str, Opener] = {}
    entries = archive.infolist()
    _require_few(len(entries), sum(entry.file_size for entry in entries), limit)
    for entry in entries:
        mode = entry.external_attr >> 16
        if entry.flag_bits & 1:
            raise Unreadable("the archive is encrypted")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Unreadable(f"the archive holds a link or device: {entry.filename!r:.80}")
        _require_inside(entry.filename)
        if not entry.is_dir():
            found[_clean(entry.filename)] = partial(_open_zip, archive, entry)
    return found


def _tar_members(archive: tarfile.TarFile, limit: int) -> dict[str, Opener]:
    found: dict[str, Opener] = {}
    size = 0
    for entry in archive:
        size += entry.size
        _require_few(len(found), size, limit)
        if not (entry.isreg() or entry.isdir()):
            raise Unreadable(f"the archive holds a link or device: {entry.name!r:.80}")
        _require_inside(entry.name)
        if entry.isreg():
            found[_clean(entry.name)] = partial(_open_tar, archive, entry)
    return found


def _open_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(entry))


def _open_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, archive.extractfile(entry))


def _require_few(count: int, size: int, limit: int) -> None:
    if count > MAX_MEMBERS:
        raise Unreadable(f"the archive holds more than {MAX_MEMBERS:,} files")
    if size > limit:
        raise Unreadable(f"the archive unpacks to {size:,} bytes; at most {limit:,}")


def _require_inside(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\x00" in name:
        raise Unreadable(f"the archive names a file outside of itself: {name!r:.80}")


def _clean(name: str) -> str:
    return str(PurePosixPath(name))


def _folders(members: Mapping[str, Opener]) -> list[tuple[PurePosixPath, str]]:
    """Return each folder with rows, and which split it is; a folder without splits has a blank one."""
    paths = [PurePosixPath(name) for name in members]
    folders = sorted(path.parent for path in paths if path.name == "state.json")
    if not folders:
        raise Unreadable(
            "this archive holds no `datasets` folder (no state.json); pack what save_to_disk wrote"
        )
    splits = any(path.name == "dataset_dict.json" for path in paths)
    return [(folder, folder.name if splits else "") for folder in folders]


def _arrow_files(members: Mapping[str, Opener], folder: PurePosixPath) -> list[str]:
    with members[str(folder / "state.json")]() as opened:
        written = opened.read(MAX_STATE)
    try:
        state: Any = json.loads(written)
        names = [str(one["filename"]) for one in state["_data_files"]]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Unreadable(f"{folder}/state.json does not list its files") from error
    files = [str(folder / name) for name in names]
    if missing := [name for name in files if name not in members]:
        raise Unreadable(f"the archive lacks {missing[0]!r:.120}, which state.json names")
    return files
