"""Reads of the log, always against what has been signed. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from wages.transparency import merkle
from wages.transparency.errors import NotInLog
from wages.transparency.models import Checkpoint, LogLeaf
from wages.transparency.tlog_proof import write_proof


@dataclass(frozen=True)
class Proof:
    """That leaf `index` is in the tree which `checkpoint` signs."""

    index: int
    size: int
    entry: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str
    verifier: str

    def text(self) -> str:
        """Return the C2SP tlog-proof file, with the entry itself as its extra data."""
        return write_proof(index=self.index, hashes=self.hashes, checkpoint=self.checkpoint, extra=self.entry)


def latest_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def signed_size() -> int:
    newest = latest_checkpoint()
    return 0 if newest is None else newest.size


def hashes(size: int) -> list[bytes]:
    """Return the first `size` leaf hashes, in order."""
    rows = LogLeaf.objects.filter(index__lt=size).order_by("index").values_list("leaf_hash", flat=True)
    return [bytes(digest) for digest in rows]


def leaf(index: int) -> LogLeaf:
    """Return a leaf that a checkpoint covers; raises NotInLog."""
    found = LogLeaf.objects.filter(index=index, index__lt=signed_size()).first()
    if found is None:
        raise NotInLog(f"The log's signed tree has no entry {index}.")
    return found


def proof(leaf_index: int) -> Proof:
    """Prove that the leaf is in the latest signed tree; raises NotInLog while no checkpoint covers it."""
    found, newest = leaf(leaf_index), latest_checkpoint()
    if newest is None:
        raise NotInLog("The log has signed nothing yet.")
    path = merkle.inclusion_proof(hashes(newest.size), leaf_index)
    return Proof(leaf_index, newest.size, bytes(found.entry), tuple(path), newest.note, newest.verifier)


def entries(first: int, count: int) -> list[bytes] | None:
    """Return `count` entries from `first` on, or None while the signed tree does not hold them all."""
    if first + count > signed_size():
        return None
    rows = LogLeaf.objects.filter(index__gte=first, index__lt=first + count).order_by("index")
    return [bytes(entry) for entry in rows.values_list("entry", flat=True)]


def newest_leaves(limit: int) -> QuerySet[LogLeaf]:
    return LogLeaf.objects.filter(index__lt=signed_size()).order_by("-index")[:limit]


def kinds() -> list[tuple[str, int]]:
    """Return how many signed entries there are of each kind."""
    rows = LogLeaf.objects.filter(index__lt=signed_size()).values_list("kind").order_by("kind")
    return [(kind, count) for kind, count in rows.annotate(Count("index"))]


def period_roots() -> Iterator[tuple[int, str]]:
    """Yield (index, root) of every signed entry about a closed period."""
    rows = LogLeaf.objects.filter(kind="period", index__lt=signed_size()).values_list("index", "entry")
    for index, entry in rows.iterator():
        yield index, str(json.loads(bytes(entry))["body"]["root"])
