"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, inclusion and consistency proofs. Pure.

A tree of n leaves splits at the largest power of two below n. Everything here works on leaf hashes; what a
leaf holds is the caller's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Return the largest power of two below `size` (which is at least 2)."""
    return int(1 << ((size - 1).bit_length() - 1))


def root(hashes: Iterable[bytes]) -> bytes:
    """Return the root over the leaf hashes; the root of nothing is SHA-256 of nothing.

    Works bottom-up with a stack of complete subtrees, so a long log needs no recursion.
    """
    stack: list[tuple[int, bytes]] = []
    for digest in hashes:
        height = 0
        while stack and stack[-1][0] == height:
            digest = node_hash(stack.pop()[1], digest)
            height += 1
        stack.append((height, digest))
    if not stack:
        return EMPTY_ROOT
    top = stack.pop()[1]
    while stack:
        top = node_hash(stack.pop()[1], top)
    return top


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf `index`, lowest sibling first (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(hashes):
        raise ValueError(f"leaf {index} is not in a tree of {len(hashes)}")
    path: list[bytes] = []
    while len(hashes) > 1:
        middle = split(len(hashes))
        left, right = hashes[:middle], hashes[middle:]
        if index < middle:
            path.append(root(right))
            hashes = left
        else:
            path.append(root(left))
            hashes, index = right, index - middle
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to (RFC 9162, 2.1.3.2); ValueError if its length can't be right."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    node, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the inclusion proof is too long")
        if node & 1 or node == last:
            digest = node_hash(sibling, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ValueError("the inclusion proof is too short")
    return digest


def consistency_proof(hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree of the first `old_size` leaves is a prefix (RFC 6962, 2.1.2)."""
    if not 0 < old_size <= len(hashes):
        raise ValueError(f"no tree of {old_size} in a tree of {len(hashes)}")
    path: list[bytes] = []
    whole = True  # the subtree in hand is the whole old tree, whose root the verifier already has
    while old_size != len(hashes):
        middle = split(len(hashes))
        left, right = hashes[:middle], hashes[middle:]
        if old_size <= middle:
            path.append(root(right))
            hashes = left
        else:
            path.append(root(left))
            hashes, old_size, whole = right, old_size - middle, False
    if not whole:
        path.append(root(hashes))
    return path[::-1]


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Say whether the path proves that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for digest in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(digest, old), node_hash(digest, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, digest)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root
