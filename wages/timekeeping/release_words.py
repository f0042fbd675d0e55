"""What a released worker is told, in the language that is active. Pure; times are UTC."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _


def words(released_at: datetime, expected_at: datetime | None) -> str:
    """Return that there is no work (before about when), since when the clock stands, and what comes next."""
    if expected_at is None:
        first = _("There is no work for you now.")
    else:
        first = _("No work before about %(time)s UTC.") % {"time": f"{expected_at:%H:%M (%d.%m.)}"}
    rest = _("You are free; your clock stopped at %(time)s UTC, and all your waiting until then is paid.") % {
        "time": f"{released_at:%H:%M}"
    }
    return f"{first} {rest} {_('We will tell you here when there is work again.')}"
