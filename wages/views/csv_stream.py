"""CSV that is sent while it is written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse


class _Line:
    """A file that hands back what the csv writer writes into it."""

    def write(self, line: str) -> str:
        return line


def csv_response(rows: Iterable[list[str]], filename: str) -> StreamingHttpResponse:
    """Return the rows as a download."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(rows: Iterable[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow(row)
