"""What pay has to say before work is offered: is it covered, and how much has this person worked? One query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from byhand.money import MS_PER_HOUR
from byhand.statements import fetch_all
from wages.caps import LOOK_BACK, WorkedHour
from wages.reservation import LEFT_SQL

_FACTS = f"""
SELECT covered, hour, worked_ms, item_ms, began, ended FROM (
    SELECT ({LEFT_SQL})::numeric * {MS_PER_HOUR} >= %(exposure)s::numeric * max(hourly_micro) AS covered
    FROM wages_ratecard WHERE project_id = %(project)s AND upper_inf(period)
) pay LEFT JOIN LATERAL (
    SELECT hour, sum(worked_ms)::bigint AS worked_ms,
        coalesce(sum(item_ms) FILTER (WHERE project_id = %(project)s), 0)::bigint AS item_ms,
        min(began) AS began, max(ended) AS ended
    FROM wages_workedhour WHERE worker_id = %(worker)s AND hour > %(from)s GROUP BY hour
) worked ON true ORDER BY hour
"""  # noqa: S608


@dataclass(frozen=True)
class OfferFacts:
    """`covered`: the reservation, minus what the holds may still cost, covers one more."""

    covered: bool
    hours: tuple[WorkedHour, ...]


def offer_facts(*, worker_id: int, project_id: UUID, holds: int, lease_ms: int, at: datetime) -> OfferFacts:
    """Return what decides about one more offer; `holds` are leases and reviews in people's hands.

    Read without a lock: a cap or a reservation is never kept by not paying, and a late look costs one item.
    """
    rows = fetch_all(
        _FACTS,
        {
            "project": project_id,
            "worker": worker_id,
            "exposure": (holds + 1) * lease_ms,
            "from": at - LOOK_BACK,
        },
    )
    hours = (
        WorkedHour(hour, timedelta(milliseconds=worked), timedelta(milliseconds=item), began, ended)
        for _covered, hour, worked, item, began, ended in rows
        if hour is not None
    )
    return OfferFacts(bool(rows[0][0]), tuple(hours))
