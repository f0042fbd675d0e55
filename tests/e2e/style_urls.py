"""The site's routes and, beside them, the page that shows every part of the look."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from byhand.urls import handler400, handler403, handler404, handler500
from byhand.urls import urlpatterns as site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

HOSTILE = "<script>alert(1)</script>\nleft \u202etfel ot thgir\u202c zero\u200bwidth \x07 bell"


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    return render(request, "components/style.html", {"hostile": HOSTILE})


urlpatterns = [path("style/", style), *site]
