"""The floors of a project's countries as a steward reads them today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from wages.floors.countries import place_name
from wages.floors.rows import DayFloor, Gap, floor_on
from wages.floors.tables import BadTable
from wages.floors.weeks import tables, terms_of
from wages.models import PaidProject

IN_WORDS: dict[Gap, str] = {
    Gap.NO_ROW: "no row in floors.csv",
    Gap.NO_HOURLY_ROW: "no amount an hour is known",
    Gap.NO_SUBDIVISION_ROW: "its parts set their own; list them",
    Gap.NO_FX: "no exchange rate of the last 31 days",
}


@dataclass(frozen=True)
class ListedFloor:
    """One country of the list: its floor today, or why none is known."""

    name: str
    floor: DayFloor

    @property
    def why_unknown(self) -> str:
        return IN_WORDS.get(self.floor.gap, "") if self.floor.gap else ""

    @property
    def none_by_law(self) -> bool:
        return self.floor.row is not None and self.floor.row.is_none


def floors_of(project: PaidProject, at: datetime | None = None) -> list[ListedFloor] | None:
    """Return today's floor of each place of the project's terms; None where the tables can't be read."""
    now, terms = at or timezone.now(), terms_of(project)
    try:
        current = tables()
    except BadTable:
        return None
    places = terms.countries if terms else []
    return [
        ListedFloor(place_name(place), floor_on(current, place, now.date(), project.currency))
        for place in places
    ]
