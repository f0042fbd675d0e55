"""Records of Parquet and Arrow files, in batches, whole row groups never in memory at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.formats.readers.guarded import MAX_READ, Guarded, size_of, unpacked_limit
from annotation.formats.readers.lines import MAX_COLUMNS
from annotation.formats.readers.records import Records, Unreadable

BATCH = 128
MAX_ROW_GROUP = 2 * 1024 * 1024 * 1024  # unpacked; read column chunk by column chunk


def parquet(stream: BinaryIO) -> Records:
    size = size_of(stream)
    guarded = cast(BinaryIO, Guarded(stream, 4 * size + unpacked_limit(0)))
    try:
        file = pq.ParquetFile(pa.PythonFile(guarded, mode="r"), pre_buffer=False, buffer_size=1024 * 1024)
        _require_modest(file)
        yield from _numbered(file.iter_batches(batch_size=BATCH))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"the Parquet file can't be read ({_first_line(error)})") from error


def arrow(stream: BinaryIO) -> Records:
    """Read an Arrow file or stream, as `datasets` saves it."""
    size = size_of(stream)
    yield from _numbered(arrow_batches(stream, 4 * size + unpacked_limit(0)))


def arrow_batches(stream: BinaryIO, limit: int) -> Iterator[pa.RecordBatch]:
    """Yield small record batches of a stream, or of a file where it can seek."""
    guarded = pa.PythonFile(cast(BinaryIO, Guarded(stream, limit)), mode="r")
    try:
        if stream.seekable() and stream.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(guarded)
            batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
        else:
            if stream.seekable():
                stream.seek(0)
            batches = iter(pa.ipc.open_stream(guarded))
        for batch in batches:
            batch.validate(full=True)  # a forged offset would read beyond the buffers
            for start in range(0, batch.num_rows, BATCH):
                yield batch.slice(start, BATCH)
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"the Arrow data can't be read ({_first_line(error)})") from error


def _numbered(batches: Iterator[pa.RecordBatch]) -> Records:
    number = 0
    for batch in batches:
        if batch.num_columns > MAX_COLUMNS:
            raise Unreadable(f"the table has {batch.num_columns:,} columns; at most {MAX_COLUMNS:,}")
        if batch.nbytes > MAX_READ:
            raise Unreadable(f"{batch.num_rows} rows have {batch.nbytes:,} bytes; at most {MAX_READ:,}")
        for record in _records(batch):
            number += 1
            yield number, record


def _records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    try:
        return cast(list[dict[str, Any]], batch.to_pylist())
    except UnicodeDecodeError as error:
        raise Unreadable("a text of the table is not UTF-8") from error


def _require_modest(file: pq.ParquetFile) -> None:
    if file.metadata.num_columns > 20 * MAX_COLUMNS:
        raise Unreadable(f"the table has {file.metadata.num_columns:,} columns; at most {MAX_COLUMNS:,}")
    for group in range(file.metadata.num_row_groups):
        size = file.metadata.row_group(group).total_byte_size
        if size > MAX_ROW_GROUP:
            raise Unreadable(f"row group {group} unpacks to {size:,} bytes; at most {MAX_ROW_GROUP:,}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
