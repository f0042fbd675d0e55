"""What every template may use. Costs no query until a template asks for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from byhand.accounts import selectors
from byhand.middleware import is_translated


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's addresses and `header`: the roles and unread messages of whoever is signed in.

    `translated_page`: one of `languages` (in their own names) can be chosen here; `unreviewed`: no native
    speaker has read it yet.
    """
    user = getattr(request, "user", None)
    return {
        "SITE_URL": settings.SITE_URL,
        "EVENTS_URL": settings.EVENTS_URL,
        "SOURCE_URL": settings.SOURCE_URL,
        "translated_page": is_translated(request),
        "languages": settings.LANGUAGES,
        "unreviewed": get_language() in settings.LANGUAGES_UNREVIEWED,
        "header": SimpleLazyObject(lambda: selectors.header(user)) if user else selectors.Header(),
    }
