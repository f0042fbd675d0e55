"""The tree against an independent implementation, written as RFC 6962 words it, and its proofs against
forgery.
"""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from wages.transparency import merkle

SIZES = st.integers(1, 70)


def naive_root(entries: list[bytes]) -> bytes:
    """MTH(D[n]) as section 2.1 defines it, with the split found by counting up."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    middle = 1
    while middle * 2 < len(entries):
        middle *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:middle]) + naive_root(entries[middle:])).digest()


def tree(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


@given(st.lists(st.binary(max_size=20), max_size=80))
def test_the_root_is_that_of_the_naive_tree(entries: list[bytes]) -> None:
    assert merkle.root([merkle.leaf_hash(entry) for entry in entries]) == naive_root(entries)


@given(st.data())
def test_every_inclusion_proof_leads_to_the_root(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    hashes = tree(size)
    path = merkle.inclusion_proof(hashes, index)
    assert merkle.root_from_inclusion(hashes[index], index, size, path) == merkle.root(hashes)


@given(st.data())
def test_no_other_leaf_index_or_path_leads_to_the_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    hashes = tree(size)
    path = merkle.inclusion_proof(hashes, index)
    if other != index:
        assert _leads(hashes[other], index, size, path) != merkle.root(hashes)
    place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    bent = bytearray(path[place])
    bent[bit // 8] ^= 1 << bit % 8
    assert _leads(
        hashes[index], index, size, [*path[:place], bytes(bent), *path[place + 1 :]]
    ) != merkle.root(hashes)
    assert _leads(hashes[index], index, size, path[:-1]) is None
    assert _leads(hashes[index], index, size, [*path, path[0]]) is None


def test_consistency_is_proven_from_every_old_size_to_every_new_size() -> None:
    hashes = tree(40)
    for new in range(1, 41):
        for old in range(1, new + 1):
            path = merkle.consistency_proof(hashes[:new], old)
            assert merkle.verify_consistency(
                old, merkle.root(hashes[:old]), new, merkle.root(hashes[:new]), path
            )


@settings(max_examples=200)
@given(st.data())
def test_a_changed_old_leaf_is_never_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 60))
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    hashes = tree(new)
    forged = [*hashes[:changed], merkle.leaf_hash(b"forged"), *hashes[changed + 1 :]]
    for path in (merkle.consistency_proof(forged, old), merkle.consistency_proof(hashes, old)):
        roots = merkle.root(hashes[:old]), merkle.root(forged)
        assert not merkle.verify_consistency(old, roots[0], new, roots[1], path)


@given(st.data())
def test_a_bent_consistency_proof_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 60))
    old = data.draw(st.integers(1, new - 1))
    hashes = tree(new)
    path = merkle.consistency_proof(hashes, old)
    roots = merkle.root(hashes[:old]), merkle.root(hashes)
    place = data.draw(st.integers(0, len(path) - 1))
    bent = bytes([path[place][0] ^ 1]) + path[place][1:]
    assert not merkle.verify_consistency(
        old, roots[0], new, roots[1], [*path[:place], bent, *path[place + 1 :]]
    )
    assert not merkle.verify_consistency(old, roots[0], new, roots[1], path[:-1])
    assert not merkle.verify_consistency(old, roots[0], new, roots[1], [*path, path[0]])


def _leads(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    try:
        return merkle.root_from_inclusion(leaf, index, size, path)
    except ValueError:
        return None
