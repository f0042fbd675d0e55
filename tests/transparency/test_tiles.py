from __future__ import annotations

import pytest

from wages.transparency import merkle, tiles

HASHES = [merkle.leaf_hash(str(number).encode()) for number in range(600)]


@pytest.mark.parametrize(
    ("number", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")]
)
def test_a_tile_number_is_written_in_groups_of_three(number: int, path: str) -> None:
    assert tiles.tile_path(number) == path
    assert tiles.parse_tile_path(path) == tiles.TileName(number, 256)
    assert tiles.parse_tile_path(f"{path}.p/7") == tiles.TileName(number, 7)


@pytest.mark.parametrize(
    "path", ["", "1", "0000", "x000/001", "001/000", "000.p/0", "000.p/256", "000.p/07", "../000"]
)
def test_any_other_spelling_is_no_tile(path: str) -> None:
    assert tiles.parse_tile_path(path) is None


def test_level_0_holds_leaf_hashes_and_level_1_the_roots_of_256() -> None:
    full = tiles.tile(HASHES, 0, tiles.TileName(1, 256))
    assert full == b"".join(HASHES[256:512])
    assert tiles.tile(HASHES, 0, tiles.TileName(2, 88)) == b"".join(HASHES[512:])
    assert tiles.tile(HASHES, 1, tiles.TileName(0, 2)) == merkle.root(HASHES[:256]) + merkle.root(
        HASHES[256:512]
    )


def test_a_tile_the_tree_has_not_filled_is_absent() -> None:
    assert tiles.tile(HASHES, 0, tiles.TileName(2, 256)) is None
    assert tiles.tile(HASHES, 0, tiles.TileName(2, 89)) is None
    assert tiles.tile(HASHES, 1, tiles.TileName(0, 3)) is None


def test_a_bundle_puts_two_bytes_of_length_before_each_entry() -> None:
    assert tiles.bundle([b"ab", b"", b"c" * 300]) == b"\x00\x02ab" + b"\x00\x00" + b"\x01\x2c" + b"c" * 300
