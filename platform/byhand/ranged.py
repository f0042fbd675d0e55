"""Sends a file whole or in part (RFC 9110, section 14): a broken download goes on where it stopped.

Knows files and requests only; who may have the file, the caller has decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

BLOCK = 256 * 1024
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send(request: HttpRequest, path: Path, *, name: str, etag: str) -> HttpResponseBase:
    """Return the file as an attachment: 200, 206 for one range, or 416 for a range that lies outside.

    `etag` is a strong one in quotes. A range whose If-Range names another is answered by the whole file.
    """
    size = path.stat().st_size
    asked = request.headers.get("Range", "")
    part = _part(asked, size) if request.headers.get("If-Range", etag) == etag else (0, size)
    if part is None:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    start, end = part
    whole = (start, end) == (0, size)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=200 if whole else 206)
    else:
        response = StreamingHttpResponse(_blocks(path, start, end), status=200 if whole else 206)
    if not whole:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Content-Length"] = str(end - start)
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return (start, end) of what is asked; the whole where the header means nothing to us; None: outside."""
    found = _ONE_RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    start, end = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < int(first):
        return 0, size
    return (start, end) if start < size else None


def _blocks(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(start)
        left = end - start
        while left and (block := stream.read(min(BLOCK, left))):
            left -= len(block)
            yield block
