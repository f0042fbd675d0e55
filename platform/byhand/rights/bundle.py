"""Writes one person's bundle: a ZIP of every package's files, with a manifest of hashes. Holds one row at a time."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from byhand.accounts.models import User
from byhand.rights.registry import File, files_of, not_exported
from byhand.rights.rows import as_json

SCHEMA = "worker-bundle/v1"
MANIFEST, SEAL, README = "manifest.json", "manifest.sha256", "README.txt"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TEXT = """This is everything that this platform holds about you.

Each .jsonl file has one record a line, as JSON; wages/intervals.csv opens in a spreadsheet. Times are UTC.
Amounts that end in _micro are whole millionths of the currency's major unit; _ms are whole milliseconds.

You can check it without us, on a computer without a connection:

    python verify_report.py --bundle THIS_FILE.zip [VKEY]

verify_report.py can be had from the site's reports page or its source code. It needs Python and the package
`cryptography`. It checks that no file was changed, that your intervals add up to your pay by the published formula,
that the entries of the ledger and your statements say the same, and that your time of each closed week is under the
root that went into the public log. VKEY is the log's public key; with it, the log's signature is checked as well.

What is not in here, and why:

{left_out}
"""


@dataclass(frozen=True)
class Written:
    """The hash of the manifest, which names the hash of every other file."""

    manifest_sha256: str
    files: int


def write(
    user: User, target: Path, *, at: datetime, check: Callable[[], None], told: Callable[[int, str], None]
) -> Written:
    """Write the bundle into `target`. `check` may raise to stop; `told` hears of each file that is done."""
    listed: dict[str, Any] = {}
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
        for number, file in enumerate(_all(user), start=1):
            if file.name in listed or file.name.startswith(("/", "..")):
                raise ValueError(f"two files of a bundle are called {file.name!r}")
            listed[file.name] = _pack(packed, file, check)
            told(number, file.name)
        manifest = as_json({"schema": SCHEMA, "made_at": at, "person": str(user.public_id), "files": listed})
        digest = hashlib.sha256(manifest).hexdigest()
        _pack(packed, File(MANIFEST, [manifest]), check)
        _pack(packed, File(SEAL, [f"{digest}  {MANIFEST}\n".encode()]), check)
    return Written(digest, len(listed))


def _all(user: User) -> Iterable[File]:
    yield from files_of(user)
    reasons: dict[str, list[str]] = {}
    for field, reason in sorted(not_exported().items()):
        reasons.setdefault(reason, []).append(field)
    words = "\n".join(f"- {', '.join(fields)}: {reason}" for reason, fields in sorted(reasons.items()))
    yield File(README, [_TEXT.format(left_out=words).encode()])


def _pack(packed: zipfile.ZipFile, file: File, check: Callable[[], None]) -> dict[str, Any]:
    info = zipfile.ZipInfo(file.name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    digest, size = hashlib.sha256(), 0
    with packed.open(info, "w", force_zip64=True) as stream:
        for chunk in file.chunks:
            check()
            stream.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}
