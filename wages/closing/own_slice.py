"""A worker's own leaves of a closed period, with the path from each to the period's root. One pass over its hashes.

Nothing of anybody else is in it: a sibling on a path is a hash over a salt that stays here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from wages.models import LeafName, Period
from wages.transparency.merkle import node_hash

_HASHES = """
SELECT sha256('\\x00'::bytea || salt || convert_to(body, 'UTF8')) FROM wages_sliceleaf
WHERE period_id = %s ORDER BY position
"""
_OWN = """
SELECT position, body, salt FROM wages_sliceleaf
WHERE period_id = %s AND body::jsonb ->> 'worker' = %s ORDER BY position
"""


@dataclass(frozen=True)
class OwnLeaf:
    position: int
    body: str
    salt: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class OwnSlice:
    """`size` counts all leaves of the period, padding included: a power of two."""

    size: int
    leaves: tuple[OwnLeaf, ...]


def own_slice(period: Period, worker_id: int) -> OwnSlice | None:
    """Return the worker's leaves with their paths; None where the period has no leaf that is known to be theirs."""
    name = LeafName.objects.filter(period=period, worker=worker_id).values_list("name", flat=True).first()
    if name is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [period.pk, name])
        own = [(position, body, bytes(salt)) for position, body, salt in cursor.fetchall()]
        cursor.execute(_HASHES, [period.pk])
        size, found = paths((bytes(row[0]) for row in _rows(cursor)), {position for position, _, _ in own})
    return OwnSlice(size, tuple(OwnLeaf(p, body, salt, found[p]) for p, body, salt in own))


def _rows(cursor: object) -> Iterator[tuple[memoryview]]:
    while batch := cursor.fetchmany(5000):  # type: ignore[attr-defined]
        yield from batch


def paths(hashes: Iterable[bytes], wanted: set[int]) -> tuple[int, dict[int, tuple[bytes, ...]]]:
    """Return the number of leaf hashes and the RFC 6962 path of each wanted one, lowest sibling first.

    Holds one hash a level, and the siblings that are wanted. Raises ValueError unless the number is a power of two.
    """
    keep = {(height, (leaf >> height) ^ 1) for leaf in wanted for height in range(64)}
    kept: dict[tuple[int, int], bytes] = {}
    stack: list[tuple[int, int, bytes]] = []
    size = 0
    for size, digest in enumerate(hashes, start=1):
        height, index = 0, size - 1
        node = digest
        while True:
            if (height, index) in keep:
                kept[height, index] = node
            if not stack or stack[-1][0] != height:
                break
            node = node_hash(stack.pop()[2], node)
            height, index = height + 1, index >> 1
        stack.append((height, index, node))
    if size == 0 or size & (size - 1):
        raise ValueError(f"{size} leaves are no power of two")
    levels = size.bit_length() - 1
    return size, {leaf: tuple(kept[h, (leaf >> h) ^ 1] for h in range(levels)) for leaf in wanted}
