"""What pay has to say before work is offered, in one query: is it covered, does it reach this person's floor, and
how much have they worked? Where somebody works decides whether they are offered work, never in which order.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from byhand.money import MS_PER_HOUR
from byhand.statements import fetch_all
from wages.caps import LOOK_BACK, WorkedHour
from wages.floors.rows import BelowFloor, floor_on
from wages.floors.tables import BadTable
from wages.floors.weeks import tables
from wages.reservation import LEFT_SQL

logger = logging.getLogger(__name__)

_FACTS = f"""
SELECT covered, place, zone, hourly_micro, currency, unpaid, hour, worked_ms, item_ms, began, ended FROM (
    SELECT ({LEFT_SQL})::numeric * {MS_PER_HOUR} >= %(holds)s::numeric * max(greatest(
            %(lease_ms)s::numeric * hourly_micro
                * (1000 + night_permille + weekend_permille + overtime_permille) / 1000,
            coalesce(piece_micro, 0)::numeric * {MS_PER_HOUR})) AS covered
    FROM wages_ratecard WHERE project_id = %(project)s AND upper_inf(period)
) pay LEFT JOIN LATERAL (
    SELECT coalesce(nullif(subdivision, ''), country) AS place, zone FROM wages_workplace
    WHERE worker_id = %(worker)s AND created_at <= %(at)s ORDER BY created_at DESC, id DESC LIMIT 1
) lives ON true LEFT JOIN LATERAL (
    SELECT card.hourly_micro, project.currency, (
        SELECT coalesce(bool_and(newest.relation = 'volunteer'), false) FROM wages_pool pool JOIN LATERAL (
            SELECT relation FROM wages_poolversion WHERE pool_id = pool.id ORDER BY id DESC LIMIT 1
        ) newest ON true WHERE pool.project_id = project.id) AS unpaid
    FROM wages_paidproject project
    JOIN wages_ratecard card ON card.project_id = project.id AND card.period @> %(at)s::timestamptz
    WHERE project.id = %(project)s
) rate ON lives.place IS NOT NULL LEFT JOIN LATERAL (
    SELECT hour, sum(worked_ms)::bigint AS worked_ms,
        coalesce(sum(item_ms) FILTER (WHERE project_id = %(project)s), 0)::bigint AS item_ms,
        min(began) AS began, max(ended) AS ended
    FROM wages_workedhour WHERE worker_id = %(worker)s AND hour > %(from)s GROUP BY hour
) worked ON true ORDER BY hour
"""  # noqa: S608


@dataclass(frozen=True)
class OfferFacts:
    """`covered`: the reservation, minus what the holds may still cost, covers one more.

    `below`: the rate in force does not reach the floor of the place where the worker says that they work.
    """

    covered: bool
    hours: tuple[WorkedHour, ...]
    below: BelowFloor | None = None


def offer_facts(*, worker_id: int, project_id: UUID, holds: int, lease_ms: int, at: datetime) -> OfferFacts:
    """Return what decides about one more offer; `holds` are leases and reviews in people's hands.

    Read without a lock: a cap or a reservation is never kept by not paying, and a late look costs one item.
    """
    rows = fetch_all(
        _FACTS,
        {
            "project": project_id,
            "worker": worker_id,
            "holds": holds + 1,
            "lease_ms": lease_ms,
            "at": at,
            "from": at - LOOK_BACK,
        },
    )
    hours = (
        WorkedHour(hour, timedelta(milliseconds=worked), timedelta(milliseconds=item), began, ended)
        for hour, worked, item, began, ended in (row[6:] for row in rows)
        if hour is not None
    )
    covered, place, zone, hourly, currency, unpaid = rows[0][:6]
    below = None if place is None or hourly is None or unpaid else _below(place, zone, hourly, currency, at)
    return OfferFacts(bool(covered), tuple(hours), below)


def _below(place: str, zone: str, hourly_micro: int, currency: str, at: datetime) -> BelowFloor | None:
    """Hold the rate against the floor of the place today. An unknown floor stops nobody: the close tops up instead."""
    try:
        floor = floor_on(tables(), place, at.astimezone(ZoneInfo(zone)).date(), currency)
    except BadTable:
        logger.exception("the floor tables can't be used; run check_floors")
        return None
    if floor.hourly_micro is None or hourly_micro >= floor.hourly_micro:
        return None
    return BelowFloor(place, hourly_micro, floor.hourly_micro, currency)
