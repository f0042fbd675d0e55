"""The slice of a closed period as salted, shuffled, padded leaves with their RFC 6962 root. Touches no row.

A leaf is one (worker, category, work, rate card). The worker's name in it is random and new in each period, so
that two periods can't be joined; the number of leaves is a power of two, so that it tells no crew size.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wages.transparency import merkle
from wages.transparency.canonical import canonical

FEWEST_LEAVES = 8
SALT_BYTES = 32


@dataclass(frozen=True)
class Row:
    """One sum of a worker's intervals; `version` is null where the time was not paid."""

    worker_id: int
    category: str
    work_kind: str
    work_id: str
    version: int | None
    ms: int
    earned_micro: int


@dataclass(frozen=True)
class Leaf:
    position: int
    body: str
    salt: bytes
    earned_micro: int


Names = defaultdict[int, str]
"""The random name of each worker in the leaves of one period; kept in `LeafName`, never published."""


def new_names() -> Names:
    return defaultdict(lambda: secrets.token_hex(16))


def freeze(rows: Iterable[Row], names: Names, *, project: str, currency: str, simulated: bool) -> list[Leaf]:
    """Return the leaves in shuffled order, padded with leaves that name no worker; fills `names`."""
    bodies = [
        (
            _body(row, names[row.worker_id], project=project, currency=currency, simulated=simulated),
            row.earned_micro,
        )
        for row in rows
    ]
    padding = canonical({"category": "padding", "v": 1, "worker": ""}).decode()
    wanted = max(FEWEST_LEAVES, 1 << (len(bodies) - 1).bit_length() if bodies else 0)
    bodies += [(padding, 0)] * (wanted - len(bodies))
    secrets.SystemRandom().shuffle(bodies)
    return [
        Leaf(position, body, secrets.token_bytes(SALT_BYTES), earned)
        for position, (body, earned) in enumerate(bodies)
    ]


def _body(row: Row, worker: str, *, project: str, currency: str, simulated: bool) -> str:
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


def entry(salt: bytes, body: str) -> bytes:
    """Return the bytes that the tree hashes: the salt, then the canonical body."""
    return salt + body.encode()


def root(leaves: Sequence[Leaf]) -> str:
    """Return the RFC 6962 root over the leaves in their order, in hex."""
    return merkle.root([merkle.leaf_hash(entry(leaf.salt, leaf.body)) for leaf in leaves]).hex()
