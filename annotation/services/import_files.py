"""Files of imports and of evidence on this machine's disk: written once, hashed while written, capped.

Knows no database. A file that came whole is moved to its place; anything else is removed at once.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from annotation.errors import BadImport, NoRoom
from annotation.import_paths import upload_folder, upload_path

BLOCK = 1024 * 1024
LOOK_EVERY = 64 * BLOCK  # how often free space is looked at


@dataclass(frozen=True)
class Stored:
    """A file that came whole and waits to be adopted."""

    path: Path
    size: int
    sha256: str

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


class Incoming:
    """Takes a file block by block. Raises BadImport past the limit and NoRoom on a full disk."""

    def __init__(self, *, limit: int | None = None) -> None:
        self._limit = settings.IMPORT_MAX_BYTES if limit is None else limit
        folder = _made(Path(settings.IMPORT_ROOT) / "incoming")
        _require_room(folder)
        self._path = folder / uuid.uuid4().hex
        self._file = self._path.open("xb")
        self._digest, self._size = hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        before, self._size = self._size, self._size + len(block)
        try:
            if self._size > self._limit:
                raise too_large(self._limit)
            if before // LOOK_EVERY != self._size // LOOK_EVERY:
                _require_room(self._path.parent)
            self._digest.update(block)
            self._file.write(block)
        except OSError as error:
            self.drop()
            raise _no_room() from error
        except BaseException:
            self.drop()
            raise

    def finish(self) -> Stored:
        self._file.close()
        return Stored(self._path, self._size, self._digest.hexdigest())

    def drop(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def store(blocks: Iterable[bytes], *, limit: int | None = None) -> Stored:
    """Write a file from its blocks; nothing stays where that fails."""
    incoming = Incoming(limit=limit)
    try:
        for block in blocks:
            incoming.write(block)
    except OSError as error:
        incoming.drop()
        raise _no_room() from error
    except BaseException:
        incoming.drop()
        raise
    return incoming.finish()


def store_placed(name: str) -> Stored:
    """Take in a file or a `datasets` folder that lies in IMPORT_FOLDER; a folder becomes one tar file."""
    root = Path(settings.IMPORT_FOLDER).resolve() if settings.IMPORT_FOLDER else None
    path = (root / name).resolve() if root else None
    if root is None or path is None or not path.is_relative_to(root) or path == root or not path.exists():
        raise BadImport("There is no such file.", ["file: name what lies in the folder for imports."])
    return store_path(path)


def store_path(path: Path) -> Stored:
    """Take in a file, or a folder as one tar file; links are refused."""
    if path.is_dir():
        return _store_folder(path)
    with path.open("rb") as opened:
        return store(iter(lambda: opened.read(BLOCK), b""))


def _store_folder(folder: Path) -> Stored:
    incoming = Incoming()
    try:
        with tarfile.open(fileobj=_Writer(incoming), mode="w|") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_symlink():
                    raise BadImport("The folder can't be used.", [f"file: {path.name!r:.80} is a link."])
                archive.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_plain)
    except BaseException:
        incoming.drop()
        raise
    return incoming.finish()


class _Writer(io.RawIOBase):
    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def writable(self) -> bool:
        return True

    def write(self, block: bytes) -> int:  # type: ignore[override]
        self._incoming.write(bytes(block))
        return len(block)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same folder gives the same bytes: who owns it and when it was made say nothing about its rows."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def adopt(stored: Stored, place: Path) -> None:
    """Move a stored file to its place, unless the same file lies there already."""
    _made(place.parent)
    stored.path.replace(place)


def remove_file(upload_id: uuid.UUID) -> None:
    """Remove the file itself; the list of its problems stays to be read."""
    upload_path(upload_id).unlink(missing_ok=True)


def remove_all(upload_id: uuid.UUID) -> None:
    shutil.rmtree(upload_folder(upload_id), ignore_errors=True)


def remove_left_behind(*, older_than: datetime) -> None:
    """Remove files that were never received to their end."""
    for path in (Path(settings.IMPORT_ROOT) / "incoming").glob("*"):
        if path.stat().st_mtime < older_than.timestamp():
            path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def too_large(limit: int) -> BadImport:
    return BadImport(
        "The file is too large; nothing was imported.", [f"file: at most {limit // BLOCK} MiB; split it."]
    )


def require_room_for(size: int) -> None:
    """Raise NoRoom where so many more bytes would leave less free than IMPORT_KEEP_FREE_BYTES."""
    _require_room(_made(Path(settings.IMPORT_ROOT)), size)


def _require_room(folder: Path, size: int = 0) -> None:
    if shutil.disk_usage(folder).free - size < settings.IMPORT_KEEP_FREE_BYTES:
        raise _no_room()


def _no_room() -> NoRoom:
    return NoRoom("There is no room on the server's disk for this file. Tell its operator; nothing was kept.")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
