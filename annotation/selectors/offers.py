"""Reads that decide whether a person may be given an item, all at once. Writes and locks nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.assignment import possible_again, words_of, words_of_floor
from annotation.errors import NoOffer
from annotation.models import Project, ProjectState
from annotation.models.projects import OFFERING
from byhand.accounts.models import User
from byhand.errors import NotFound
from byhand.statements import fetch_one
from wages.caps import WorkedHour, stop, with_running
from wages.rules import close
from wages.selectors.offers import OfferFacts, offer_facts
from wages.services.clock import LockedClock

# live: the worker's leases, the one on screen first; the counts are added up from one row a person
SITUATION = """
SELECT project.state, project.k, project.lease_ms, project.target_ballots, project.pilot_ballots,
    project.gold_percent, project.repeat_percent, project.repeat_after_ms, project.exposure_ms,
    project.qualification_pass_percent IS NOT NULL,
    part.id,
    NOT EXISTS (
        SELECT 1 FROM (SELECT DISTINCT ON (kind) id FROM annotation_document
                       WHERE project_id = project.id ORDER BY kind, version DESC) newest
        WHERE NOT EXISTS (SELECT 1 FROM annotation_acceptance a
                          WHERE a.document_id = newest.id AND a.user_id = %(worker)s))
    AND (project.content_warning = '' OR EXISTS (
        SELECT 1 FROM annotation_warningacceptance agreed
        WHERE agreed.project_id = project.id AND agreed.user_id = %(worker)s
          AND agreed.sha256 = encode(sha256(convert_to(project.content_warning, 'UTF8')), 'hex'))),
    ARRAY(SELECT lease.id FROM annotation_lease lease
          WHERE lease.worker_id = %(worker)s AND lease.project_id = project.id AND lease.state = 'live'
          ORDER BY lease.id::text = %(shown)s::text DESC, lease.taken_at, lease.id),
    (SELECT count(*) FROM annotation_lease WHERE project_id = project.id AND state = 'live'),
    (SELECT count(*) FROM annotation_review WHERE project_id = project.id AND state = 'live'),
    CASE WHEN project.target_ballots IS NOT NULL OR project.state = 'pilot' THEN (
        SELECT coalesce(sum(counted), 0)::bigint FROM annotation_participation every
        JOIN annotation_queueplace place ON place.participation_id = every.id
        WHERE every.project_id = project.id) ELSE 0 END,
    coalesce(mine.need, -2147483648), coalesce(mine.item, 0),
    CASE WHEN mine.seen_xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint THEN mine.seen_xid END,
    (SELECT min(removal.effective_at) FROM annotation_removal removal
     WHERE removal.worker_id = %(worker)s AND removal.project_id = project.id
       AND NOT EXISTS (SELECT 1 FROM annotation_removalstep step
                       WHERE step.removal_id = removal.id AND step.kind IN ('reversed', 'ended')))
FROM annotation_project project
LEFT JOIN annotation_participation part ON part.project_id = project.id AND part.user_id = %(worker)s
LEFT JOIN annotation_queueplace mine ON mine.participation_id = part.id
WHERE project.id = %(project)s
"""


@dataclass(frozen=True)
class Situation:
    """All that decides whether a worker may be given an item. `live` are their leases, the one on screen first.

    `removed_from` is when a removal or pause takes effect that stands.
    (`need`, `item`) is where their walk through the free items begins; `seen_xid` None: from the start.
    """

    state: str
    k: int
    lease_ms: int
    target_ballots: int | None
    pilot_ballots: int
    gold_percent: int
    repeat_percent: int
    repeat_after_ms: int
    exposure_ms: int | None
    asks_qualification: bool
    participation_id: int | None
    accepted: bool
    live: list[uuid.UUID]
    live_leases: int
    live_reviews: int
    counted: int
    need: int
    item: int
    seen_xid: int | None
    removed_from: datetime | None = None

    @property
    def offering(self) -> bool:
        return self.state in OFFERING


def read_situation(worker: User, project: Project, shown: str = "") -> Situation:
    """Return the facts; `shown` is the work id that the worker's clock is on. Raises NotFound."""
    row = fetch_one(SITUATION, {"worker": worker.pk, "project": project.pk, "shown": shown})
    if row is None:
        raise NotFound(_("No such project."))
    return Situation(*row)


def pay_facts(worker: User, project: Project, situation: Situation, at: datetime) -> OfferFacts:
    """Return what `wages` has to say before one more item is offered; a review in hand costs as a ranking may."""
    return offer_facts(
        worker_id=worker.pk,
        project_id=project.pk,
        holds=situation.live_leases + situation.live_reviews,
        lease_ms=situation.lease_ms,
        at=at,
    )


def why_not(situation: Situation, pay: OfferFacts, clock: LockedClock | None, at: datetime) -> NoOffer | None:
    """Return why nothing new may be offered to this person now, or None. What is in hand is not concerned."""
    if situation.removed_from is not None and situation.removed_from <= at:
        return NoOffer(
            _(
                "A decision about you stands in this project; the reason and how to appeal are under “Your data”."
            ),
            reason="removed",
            possible_at=None,
        )
    wanted = _wanted(situation)
    if wanted is not None and situation.counted >= wanted:
        return _complete(situation)
    if wanted is not None and situation.counted + situation.live_leases >= wanted:
        return NoOffer(
            _("The last items of this project are in other people's hands. More may become free."),
            reason="last_items_held",
            possible_at=None,
        )
    if pay.below is not None:
        return NoOffer(words_of_floor(pay.below), reason="below_own_floor", possible_at=None)
    hours: Sequence[WorkedHour] = pay.hours
    if clock is not None and clock.category is not None:
        for piece in close(clock.stretch(), at).pieces:
            if piece.paid:
                hours = with_running(hours, piece.start, piece.end, on_item=clock.work is not None)
    exposure = timedelta(milliseconds=situation.exposure_ms) if situation.exposure_ms else None
    reached = stop(hours, at, exposure=exposure)
    if reached is None:
        return None
    again = possible_again(reached).isoformat()
    return NoOffer(words_of(reached), reason=reached.reason.value, possible_at=again)


def refusal_now(worker: User, project: Project, at: datetime | None = None) -> NoOffer | None:
    """Return why this person is offered nothing new now, for a page to say; None where they hold an item."""
    situation, now = read_situation(worker, project), at or timezone.now()
    if situation.live or not situation.offering:
        return None
    return why_not(situation, pay_facts(worker, project, situation, now), None, now)


def _wanted(situation: Situation) -> int | None:
    if situation.state == ProjectState.PILOT:
        return situation.pilot_ballots
    return situation.target_ballots


def _complete(situation: Situation) -> NoOffer:
    if situation.state == ProjectState.PILOT:
        words, reason = _("The trial of this project is complete. You will be told when it goes on."), "pilot"
    else:
        words, reason = _("This project has all the rankings that it asked for. Thank you."), "target"
    return NoOffer(words, reason=reason, possible_at=None)
