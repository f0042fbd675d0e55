"""Content-addressed folders: written aside, flushed to disk, renamed into place, and never touched again.

Knows bytes and paths only. A folder is named by the sha256 of its manifest.json; one that is already there is left
alone, so that a retried write changes nothing.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

INCOMING = ".incoming-"


@contextmanager
def incoming(root: Path) -> Iterator[Path]:
    """Yield an empty private folder on the same file system as `root`; whatever is left in it is removed."""
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"{INCOMING}{uuid.uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(folder: Path, root: Path, digest: str) -> Path:
    """Flush `folder` and rename it to `root`/`digest`. Returns the final path, also when it was there before."""
    final = root / digest
    if final.is_dir():
        return final
    for path in sorted(folder.rglob("*"), reverse=True):  # files before the folder that holds them
        path.chmod(0o755 if path.is_dir() else 0o444)
        _flush(path)
    folder.chmod(0o755)
    _flush(folder)
    try:
        folder.rename(final)
    except OSError:
        if not final.is_dir():
            raise
    _flush(root)
    return final


def keep_files(files: Mapping[str, bytes], root: Path, digest: str) -> Path:
    """Write `files` as one content-addressed folder."""
    with incoming(root) as folder:
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return keep(folder, root, digest)


def copy_plain_files(source: Path, target: Path, refuse: Callable[[str], Exception]) -> None:
    """Copy the regular files of a flat folder; a link, a folder or anything else is refused, never followed."""
    for entry in sorted(os.scandir(source), key=lambda e: e.name):
        if not entry.is_file(follow_symlinks=False):
            raise refuse(
                f"{entry.name} is not a plain file. A model folder holds plain files only: no links, no folders."
            )
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as reading, (target / entry.name).open("xb") as writing:
            shutil.copyfileobj(reading, writing, 1024 * 1024)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
