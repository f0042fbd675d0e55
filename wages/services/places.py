"""Where a worker works, said by the worker alone: nobody else can set it, and no address on the network is asked."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from functools import cache

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import Invalid
from wages.floors.countries import is_country, is_subdivision
from wages.models import WorkPlace
from wages.services.locking import lock


@transaction.atomic
def declare_place(
    *, worker: User, country: str, zone: str, subdivision: str = "", at: datetime | None = None
) -> WorkPlace:
    """Declare one's own place of work from now on. The same place again changes nothing; the history stays.

    `country` is ISO 3166-1, `subdivision` ISO 3166-2 or blank, `zone` an IANA time zone. Raises Invalid with every
    field that can't be used.
    """
    found = []
    if not is_country(country):
        found.append(_("country: a country of ISO 3166-1, such as KE."))
    if subdivision and not is_subdivision(subdivision, country):
        found.append(_("subdivision: a part of that country by ISO 3166-2, such as US-CA, or nothing."))
    if zone not in zones():
        found.append(_("zone: a time zone of the IANA list, such as Africa/Nairobi."))
    if found:
        raise Invalid(_("This place can't be used."), found)
    now = lock(worker.pk, at).at
    values = {"country": country, "subdivision": subdivision, "zone": zone}
    newest = WorkPlace.objects.filter(worker=worker).order_by("-created_at", "-id").first()
    if newest is not None and all(getattr(newest, name) == value for name, value in values.items()):
        return newest
    place = WorkPlace.objects.create(worker=worker, created_at=now, **values)
    record(actor_id=worker.pk, action="wages.declare_place", subject=f"user:{worker.pk}", place=place.pk)
    return place


@cache
def zones() -> frozenset[str]:
    """Return the time zones that one can choose: those named after a place, and UTC."""
    names = zoneinfo.available_timezones()
    places = (name for name in names if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/")))
    return frozenset({*places, "UTC"})
