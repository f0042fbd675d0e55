"""The signing key and the last published checkpoint, as files outside the database.

They live beside each other so that restoring an older database can't take the log's memory with it. Both
are written whole or not at all. The key is made on first use, readable by its owner alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wages.transparency.errors import LogRefuses


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in `path`, made if there is none. The caller holds the log's lock."""
    if not path.exists():
        if published_path(path).exists():
            raise LogRefuses(
                f"{path} is missing, but {published_path(path).name} beside it says that a log was "
                f"published with it. "
                "Put the key back; or, to begin a new log with a new key, move that file away."
            )
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_whole(path, pem)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise LogRefuses(f"{path} does not hold an Ed25519 private key")
    return key


def published_path(key_path: Path) -> Path:
    """Where the last published checkpoint of the key in `key_path` is kept."""
    return key_path.with_name(key_path.name + ".checkpoint")


def write_whole(path: Path, data: bytes) -> None:
    """Write a 0600 file so that a crash leaves the old one or the new one, never half."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
