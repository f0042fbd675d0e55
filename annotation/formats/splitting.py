"""Which split a prompt falls into, and the one JSON text of a value. Pure; datasets and exports share both.

The split comes from the hash of the prompt's group alone, so that no group stands on two sides, and a prompt
stays on its side in every later release with the same seed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)
RULE = 'the first 8 bytes of sha256(seed + "\\n" + prompt_group), read as a number from 0 to 1'


def canonical(value: Any) -> bytes:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def split_of(prompt_group: str, seed: int) -> str:
    """Return the split of a prompt group, from its hash alone."""
    head = hashlib.sha256(f"{seed}\n{prompt_group}".encode()).digest()[:8]
    share = int.from_bytes(head, "big") / 2**64
    return "train" if share < SHARES[0] else "validation" if share < SHARES[0] + SHARES[1] else "test"
