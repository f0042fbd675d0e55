"""The sha256 manifest of a model folder, and the check that a folder is exactly what its manifest says.

Owns which files a model folder may hold: safetensors and JSON, nothing that can run code. Standard
library only, so that a web process can use it; it must not know how a model is built or loaded.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardmodel.ml.errors import ManifestError

NAME = "manifest.json"
FORMAT = 1
KINDS = ("policy", "reward", "value")
ALLOWED_SUFFIXES = (".safetensors", ".json")
_CODE_SUFFIXES = (
    ".bin",
    ".pt",
    ".pth",
    ".pkl",
    ".pickle",
    ".ckpt",
    ".joblib",
    ".npy",
    ".npz",
    ".py",
    ".pyc",
    ".so",
)


@dataclass(frozen=True)
class FileEntry:
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a model folder holds. `digest` names the model: sha256 of the canonical bytes of manifest.json."""

    kind: str
    files: Mapping[str, FileEntry]
    lineage: Mapping[str, Any]

    def canonical_bytes(self) -> bytes:
        files = {name: {"sha256": entry.sha256, "bytes": entry.bytes} for name, entry in self.files.items()}
        body = {"format": FORMAT, "kind": self.kind, "files": files, "lineage": dict(self.lineage)}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.canonical_bytes()).hexdigest()


def write_manifest(folder: Path, *, kind: str, lineage: Mapping[str, Any]) -> Manifest:
    """Describe every file of `folder` in its manifest.json. Refuses a folder that may not be loaded."""
    if kind not in KINDS:
        raise ManifestError("bad_kind", f"a model folder is one of {', '.join(KINDS)}, not {kind!r}")
    files = {name: _entry(folder / name) for name in _safe_names(folder)}
    if not any(name.endswith(".safetensors") for name in files):
        raise ManifestError(
            "no_weights", f"{folder.name}: no .safetensors file; save the weights as safetensors"
        )
    manifest = Manifest(kind=kind, files=files, lineage=dict(lineage))
    (folder / NAME).write_bytes(manifest.canonical_bytes())
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return what manifest.json says, without looking at the files it names."""
    path = folder / NAME
    if not folder.is_dir():
        raise ManifestError("missing_folder", f"{folder}: there is no such model folder")
    if path.is_symlink() or not path.is_file():
        raise ManifestError("missing_manifest", f"{folder.name}: {NAME} is missing; register the model first")
    try:
        return _parse(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError("bad_manifest", f"{folder.name}: {NAME} can't be read: {error}") from error


def verify_folder(folder: Path, *, kind: str | None = None) -> Manifest:
    """Return the manifest if the folder holds exactly its files, unchanged and safe to load; else refuse."""
    manifest = read_manifest(folder)
    problems = []
    if kind is not None and manifest.kind != kind:
        problems.append(f"it is a {manifest.kind} model, and a {kind} model is wanted")
    problems += [
        f"{name}: not a plain file name inside the folder" for name in manifest.files if not _plain(name)
    ]
    present = set(_safe_names(folder))
    problems += [f"{name}: missing" for name in sorted(set(manifest.files) - present) if _plain(name)]
    problems += [f"{name}: not in the manifest" for name in sorted(present - set(manifest.files))]
    for name in sorted(present & set(manifest.files)):
        if _entry(folder / name) != manifest.files[name]:
            problems.append(f"{name}: changed since the manifest was written")
    if problems:
        message = f"{folder.name}: the folder is not what its manifest says: {'; '.join(problems)}"
        raise ManifestError("folder_changed", message, problems)
    return manifest


def _parse(body: dict[str, Any]) -> Manifest:
    if body["format"] != FORMAT:
        raise ValueError(f"format {body['format']!r} is not {FORMAT}")
    if body["kind"] not in KINDS:
        raise ValueError(f"kind {body['kind']!r} is none of {', '.join(KINDS)}")
    files = {
        name: FileEntry(str(entry["sha256"]), int(entry["bytes"])) for name, entry in body["files"].items()
    }
    return Manifest(kind=body["kind"], files=files, lineage=dict(body["lineage"]))


def _plain(name: str) -> bool:
    return name not in ("", ".", "..", NAME) and "/" not in name and "\\" not in name and "\0" not in name


def _safe_names(folder: Path) -> list[str]:
    """Return the names of the folder's files but the manifest; refuse what could run code or lead away."""
    if folder.is_symlink() or not folder.is_dir():
        raise ManifestError("missing_folder", f"{folder}: there is no such model folder")
    names, problems = [], []
    for path in sorted(folder.iterdir()):
        trouble = _trouble(path)
        if trouble:
            problems.append(f"{path.name}: {trouble}")
        elif path.name != NAME:
            names.append(path.name)
    if problems:
        raise ManifestError(
            "unsafe_folder", f"{folder.name}: may not be loaded: {'; '.join(problems)}", problems
        )
    return names


def _trouble(path: Path) -> str | None:
    mode = path.lstat().st_mode
    suffix = path.suffix.lower()
    if stat.S_ISLNK(mode):
        return "is a symbolic link; put the file itself there"
    if not stat.S_ISREG(mode):
        return "is not a plain file; a model folder is flat"
    if suffix in _CODE_SUFFIXES:
        return "can run code when loaded; convert weights to .safetensors and remove it"
    if suffix not in ALLOWED_SUFFIXES:
        return f"a model folder holds only {' and '.join(ALLOWED_SUFFIXES)} files"
    if suffix == ".safetensors" and not _has_safetensors_header(path):
        return "is no safetensors file, whatever its name says"
    if suffix == ".json" and _names_remote_code(path):
        return "has auto_map, which would run code from elsewhere; remove it"
    return None


def _has_safetensors_header(path: Path) -> bool:
    """A safetensors file begins with the length of its JSON header, 8 bytes little-endian."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        return 2 <= length <= path.stat().st_size - 8 and stream.read(1) == b"{"


def _names_remote_code(path: Path) -> bool:
    # Escapes such as "\u0061uto_map" need the parser; the byte search spares parsing a large tokenizer.
    raw = path.read_bytes()
    if b"auto_map" not in raw and b"\\u" not in raw:
        return False
    try:
        return _has_key(json.loads(raw), "auto_map")
    except ValueError as error:
        raise ManifestError("bad_json", f"{path.parent.name}: {path.name} is not JSON: {error}") from error


def _has_key(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_has_key(child, key) for child in value.values())
    return isinstance(value, list) and any(_has_key(child, key) for child in value)


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as stream:
        return FileEntry(hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size)
