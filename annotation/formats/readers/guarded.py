"""Bytes from files that may be made to exhaust a machine: unpacked sizes and single reads have limits. Pure."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any, BinaryIO, cast

from annotation.formats.readers.records import Unreadable

MAX_READ = 256 * 1024 * 1024  # one read, and so one record batch or header
MAX_RATIO = 200  # unpacked to packed; text rarely passes 30
ALWAYS_ALLOWED = 64 * 1024 * 1024


class Guarded(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes in all, or MAX_READ at once."""

    def __init__(self, inner: BinaryIO, limit: int) -> None:
        self._inner, self._limit, self._given = inner, limit, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._inner.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def read(self, size: int = -1) -> bytes:
        if size > MAX_READ:
            raise Unreadable(f"one part of the file has {size:,} bytes; at most {MAX_READ:,}")
        try:
            block = self._inner.read(size if size >= 0 else MAX_READ)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise Unreadable(f"the packed data is damaged or ends early ({error})") from error
        self._given += len(block)
        if self._given > self._limit:
            raise Unreadable(f"the file unpacks to more than {self._limit:,} bytes")
        return block

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)


def unpacked_limit(packed: int) -> int:
    """Return how many bytes a packed file of `packed` bytes may unpack to."""
    return max(ALWAYS_ALLOWED, MAX_RATIO * packed)


def size_of(stream: BinaryIO) -> int:
    """Return the size of a seekable stream, and leave it at its start."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def text_stream(stream: BinaryIO) -> BinaryIO:
    """Return the lines of a plain or gzip file, from its start."""
    limit = unpacked_limit(size_of(stream))
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    if not packed:
        return stream
    inner = cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
    return io.BufferedReader(Guarded(inner, limit), 1024 * 1024)
