"""Recomputes the whole log from its rows and says where it first goes wrong. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from byhand.errors import DomainError
from wages.transparency import canonical, merkle, notes, services
from wages.transparency.models import Checkpoint, LogLeaf


def problems() -> Iterator[str]:
    """Yield every problem, the first bad leaf first; nothing if the log is whole."""
    hashes: list[bytes] = []
    for expected, leaf in enumerate(LogLeaf.objects.order_by("index").iterator()):
        hashes.append(merkle.leaf_hash(bytes(leaf.entry)))
        fault = _leaf_fault(leaf, expected, hashes[-1])
        if fault:
            yield f"leaf {leaf.index}: {fault}"
            return  # what follows can't be trusted to mean anything
    yield from _checkpoint_faults(hashes)
    try:
        services.require_prefix(hashes)
    except DomainError as error:
        yield error.message


def _leaf_fault(leaf: LogLeaf, expected: int, digest: bytes) -> str:
    if leaf.index != expected:
        return f"the index should be {expected}; a row is missing"
    if digest != bytes(leaf.leaf_hash):
        return "its entry does not have the hash that was stored with it"
    try:
        entry = canonical.parse(bytes(leaf.entry))
    except canonical.NotCanonical as error:
        return f"its entry is not canonical JSON ({error.message})"
    if not isinstance(entry, dict) or entry.get("kind") != leaf.kind:
        return "its entry and its row name different kinds"
    return ""


def _checkpoint_faults(hashes: list[bytes]) -> Iterator[str]:
    good = 0
    for row in Checkpoint.objects.order_by("size").iterator():
        fault = _checkpoint_fault(row, hashes)
        if fault:
            yield f"checkpoint of {row.size}: {fault}"
            if row.size <= len(hashes) and merkle.root(hashes[: row.size]) != bytes(row.root):
                yield f"leaf {good}: the first bad leaf is one of {good} to {row.size - 1}"
            return
        good = row.size


def _checkpoint_fault(row: Checkpoint, hashes: list[bytes]) -> str:
    try:
        tree = notes.parse_tree(notes.open_note(row.note, row.verifier))
    except notes.BadNote as error:
        return error.message
    if (tree.size, tree.root) != (row.size, bytes(row.root)):
        return "its note and its row state different trees"
    if row.size > len(hashes):
        return f"it was signed over more leaves than the {len(hashes)} there are"
    if merkle.root(hashes[: row.size]) != tree.root:
        return "the leaves before it do not have the root that was signed"
    return ""
