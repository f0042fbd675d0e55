"""The C2SP tlog-proof file: index, siblings and checkpoint in one text that is checked offline. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"


def write_proof(*, index: int, hashes: Sequence[bytes], checkpoint: str, extra: bytes) -> str:
    """Return the file's text. `extra` is the log entry, from which a reader computes the leaf hash."""
    lines = [HEADER, f"extra {_text(extra)}", f"index {index}", *(_text(digest) for digest in hashes)]
    return "\n".join(lines) + "\n\n" + checkpoint


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
