"""C2SP tiles: 256 hashes of one level in one immutable file, and the entries beside them. Pure.

Tile (level, number) holds the roots of the complete subtrees of 256**level leaves, numbered from 256 x
number.
A tile that is not full yet has the path suffix `.p/<width>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wages.transparency import merkle

WIDTH = 256
_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")
_PARTIAL = re.compile(r"(?P<number>.+)\.p/(?P<width>[1-9][0-9]{0,2})")


@dataclass(frozen=True)
class TileName:
    number: int
    width: int


def tile_path(number: int) -> str:
    """Return the number in groups of three digits: 1234067 is x001/x234/067."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def parse_tile_path(path: str) -> TileName | None:
    """Read `<number>[.p/<width>]`; None for anything that is not its one right spelling."""
    partial = _PARTIAL.fullmatch(path)
    number_text, width = (partial["number"], int(partial["width"])) if partial else (path, WIDTH)
    if not _NUMBER.fullmatch(number_text) or (partial and width >= WIDTH):
        return None
    number = int(number_text.replace("x", "").replace("/", ""))
    return TileName(number, width) if tile_path(number) == number_text else None


def tile(hashes: Sequence[bytes], level: int, name: TileName) -> bytes | None:
    """Return the tile's bytes, or None while the tree is too small for it."""
    span = WIDTH**level
    first = name.number * WIDTH * span
    if first + name.width * span > len(hashes):
        return None
    starts = range(first, first + name.width * span, span)
    return b"".join(merkle.root(hashes[start : start + span]) for start in starts)


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
