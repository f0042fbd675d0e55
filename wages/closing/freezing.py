"""The leaves of a closed period: their canonical bytes, their padding, their RFC 6962 root. Touches no row.

A leaf is one (worker, category, work, rate card) with its time and money, or one worker's bonus, premium, top-up,
cost or correction with no time of its own. The worker's name in it is random and new in each period, so that two
periods can't be joined; the leaves stand in the order of their random salts, and their number is a power of two, so
that it tells no crew size. `services.slices` builds the same bytes in SQL; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wages.transparency import merkle
from wages.transparency.canonical import canonical

FEWEST_LEAVES = 8
SALT_BYTES = 32
PADDING = canonical({"category": "padding", "v": 1, "worker": ""}).decode()


@dataclass(frozen=True)
class Row:
    """One sum of a worker's intervals or entries; `version` is null where no rate card priced it."""

    category: str
    work_kind: str
    work_id: str
    version: int | None
    ms: int
    earned_micro: int


def body(row: Row, worker: str, *, project: str, currency: str, simulated: bool) -> str:
    """Return the canonical body of a leaf; `worker` is the random name of this period."""
    leaf = {
        "v": 1,
        "worker": worker,
        "category": row.category,
        "work": f"{row.work_kind}:{row.work_id}" if row.work_id else None,
        "ms": str(row.ms),
        "earned_micro": str(row.earned_micro),
        "currency": currency,
        "rate_card": f"{project}/v{row.version}" if row.version is not None else None,
        "simulated": simulated,
    }
    return canonical(leaf).decode()


def padded_size(leaves: int) -> int:
    """Return how many leaves there are once padding is added: a power of two, 8 at least."""
    return max(FEWEST_LEAVES, 1 << (leaves - 1).bit_length() if leaves else 0)


def entry(salt: bytes, body: str) -> bytes:
    """Return the bytes that the tree hashes: the salt, then the canonical body."""
    return salt + body.encode()


def root(hashes: Iterable[bytes]) -> str:
    """Return the RFC 6962 root over the leaf hashes in their order, in hex; holds no more than one path."""
    return merkle.root(hashes).hex()
