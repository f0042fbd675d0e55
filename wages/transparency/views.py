"""The log over HTTP: files for machines and one page for people. Every view is a GET that changes nothing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wages.transparency import selectors, tiles
from wages.transparency.errors import NotInLog

TEXT = "text/plain; charset=utf-8"
LATEST_SHOWN = 50


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    newest = selectors.latest_checkpoint()
    context = {
        "checkpoint": newest,
        "leaves": selectors.newest_leaves(LATEST_SHOWN),
        "kinds": selectors.kinds(),
    }
    return render(request, "transparency/log.html", context)


@login_not_required
@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint. It is signed when something is appended, never by asking for it."""
    newest = selectors.latest_checkpoint()
    if newest is None:
        raise NotInLog("The log has signed nothing yet: nothing has been appended to it.")
    return _cached(HttpResponse(newest.note, content_type=TEXT), seconds=5)


@login_not_required
@require_safe
def hash_tile(request: HttpRequest, level: int, path: str) -> HttpResponse:
    name = tiles.parse_tile_path(path)
    data = tiles.tile(selectors.hashes(selectors.signed_size()), level, name) if name and level < 7 else None
    return _tile(data)


@login_not_required
@require_safe
def entry_tile(request: HttpRequest, path: str) -> HttpResponse:
    name = tiles.parse_tile_path(path)
    entries = selectors.entries(name.number * tiles.WIDTH, name.width) if name else None
    return _tile(None if entries is None else tiles.bundle(entries))


@login_not_required
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """The exact bytes of one entry, as they were hashed."""
    return _cached(HttpResponse(bytes(selectors.leaf(index).entry), content_type="application/json"))


@login_not_required
@require_safe
def proof(request: HttpRequest, index: int) -> HttpResponse:
    """The tlog-proof file of one entry against the newest checkpoint."""
    return _cached(HttpResponse(selectors.proof(index).text(), content_type=TEXT), seconds=5)


def _tile(data: bytes | None) -> HttpResponse:
    if data is None:
        raise NotInLog("There is no such tile in the signed tree.")
    return _cached(HttpResponse(data, content_type="application/octet-stream"))


def _cached(response: HttpResponse, seconds: int = 31_536_000) -> HttpResponse:
    """Tiles and entries never change, so they may be kept for ever; a checkpoint only for a moment."""
    never = ", immutable" if seconds > 3600 else ""
    response["Cache-Control"] = f"public, max-age={seconds}{never}"
    response["Access-Control-Allow-Origin"] = "*"
    return response
