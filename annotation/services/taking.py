"""Gives a worker items: the next one, one in advance, and one that appears on the page.

Lock order: the worker's clock, then the item. The claim is in `claiming`; what decides whether there is an offer
in `selectors.offers`. Plain SQL, because each round trip is a tenth of the time budget.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.assignment import Draw, draw, lease_ends
from annotation.errors import ClockStopped, LeaseEnded, NoOffer, NotAccepted, NotInvited, NotOpen
from annotation.models import ItemRole, Lease, LeaseState, Project
from annotation.qualification import Phase
from annotation.ranking import shuffled
from annotation.selectors.offers import Situation, pay_facts, read_situation, why_not
from annotation.selectors.qualification import must_qualify, qualification_state
from annotation.services.claiming import claim, claim_gold, claim_repeat
from annotation.services.qualification import offer_qualification
from annotation.services.states import pause_project
from byhand.accounts.models import User
from byhand.errors import NotFound
from byhand.statements import fetch_one
from wages.services import clock as clocks
from wages.work import Category, WorkKind, WorkRef

ANY_FREE = """
SELECT 1 FROM annotation_item item
WHERE item.project_id = %(project)s AND item.role = 'rank' AND item.ballots_count < (item.overlap - item.live_leases)
  AND NOT EXISTS (SELECT 1 FROM annotation_lease past WHERE past.item_id = item.id
                  AND past.worker_id = %(worker)s AND past.state <> 'expired')
  AND NOT EXISTS (SELECT 1 FROM annotation_review seen WHERE seen.reviewer_id = %(worker)s AND seen.item_id = item.id)
  AND ((item.need, item.id) >= (%(need)s::int, %(item)s::bigint)
       OR item.changed_xid BETWEEN %(seen)s::bigint AND 9223372036854775807)
LIMIT 1
"""


def take_next(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> Lease | None:
    """Return the worker's lease: the one they hold, else a new one, else None where nothing is free.

    The clock moves to it. Raises NotInvited, NotAccepted, NotOpen, ClockStopped, or NoOffer with its words. Where
    the reservation does not cover one more lease, the project pauses with the reason `budget` and None comes
    back: work is not offered, never unpaid.
    """
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        situation = read_situation(worker, project, _shown(clock))
        _refuse(situation, running=clock.category is not None)
        if situation.live:
            lease: Lease | None = Lease.objects.select_related("item").get(pk=situation.live[0])
        else:
            lease = _offer(worker, project, situation, clock, tab)
        if lease is not None:
            appear(clock, lease, tab)
        return lease


def reserve_next(*, worker: User, project: Project, at: datetime | None = None) -> Lease | None:
    """Hold one item in advance for the page that is open; None where there is none now, whatever the reason.

    At most one beyond the item on screen; again returns the same. Starts no time and costs nothing: a lease that
    is never shown ends like any other that nobody is present for.
    """
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        situation = read_situation(worker, project, _shown(clock))
        ahead = [str(lease) for lease in situation.live if str(lease) != _shown(clock)]
        if ahead:
            return Lease.objects.get(pk=ahead[0])
        try:
            _refuse(situation, running=clock.category is not None)
            return None if must_qualify(worker, project) else _offer(worker, project, situation, clock, "")
        except (NoOffer, NotOpen, NotAccepted, ClockStopped):
            return None


def show_item(*, worker: User, lease_id: uuid.UUID, tab: str = "", at: datetime | None = None) -> Lease:
    """Move the clock to an item in the worker's hands, because a page says that it is on screen now.

    Raises NotFound, ClockStopped, or LeaseEnded where the item is not in their hands any more.
    """
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        lease = Lease.objects.select_related("item").filter(pk=lease_id, worker=worker).first()
        if lease is None:
            raise NotFound(_("No such item in your hands."))
        if clock.category is None:
            raise ClockStopped(
                _("Your clock is stopped. Press “Start work” first, so that your time is paid.")
            )
        if lease.state != LeaseState.LIVE and _shown(clock) != str(lease.pk):
            raise LeaseEnded(_("This item is not in your hands any more. All your time on it is paid."))
        appear(clock, lease, tab)
        return lease


def has_work(*, worker: User, project: Project, at: datetime | None = None) -> bool:
    """Return whether an item could be offered now. Reads only; the claim decides. Raises NoOffer with its words."""
    situation = read_situation(worker, project)
    if situation.live:
        return True
    if not situation.offering:
        return False
    now = at or timezone.now()
    pay = pay_facts(worker, project, situation, now)
    if refusal := why_not(situation, pay, None, now):
        raise refusal
    if situation.asks_qualification and must_qualify(worker, project):
        return pay.covered and qualification_state(worker, project).phase in {Phase.ITEM, Phase.TRY_AGAIN}
    seen = situation.seen_xid
    values = {
        "project": project.pk,
        "worker": worker.pk,
        "need": situation.need if seen is not None else -(2**31),
        "item": situation.item if seen is not None else 0,
        "seen": seen or 0,
    }
    return pay.covered and fetch_one(ANY_FREE, values) is not None


def appear(clock: clocks.LockedClock, lease: Lease, tab: str) -> None:
    """Let the clock run on a lease from now on; does nothing where it does already."""
    work, category = WorkRef(WorkKind.RANK, str(lease.pk)), category_of(lease)
    if clock.work != work or clock.category is not category:
        clocks.move(clock, category=category, project_id=lease.project_id, work=work, tab=tab)


def category_of(lease: Lease) -> Category:
    """Return what time with this item is: a task, or a qualification."""
    known = lease._state.fields_cache.get("item")
    qualifies = known is not None and known.role == ItemRole.QUALIFICATION
    return Category.QUALIFICATION if qualifies else Category.TASK


def _refuse(situation: Situation, *, running: bool) -> None:
    if situation.participation_id is None:
        raise NotInvited(_("This project takes people by invitation. Ask whoever runs it for a link."))
    if not situation.accepted:
        raise NotAccepted(
            _("Read and accept what is new first: terms, guidelines or a content warning. Reading is paid.")
        )
    if not situation.offering and not situation.live:
        raise NotOpen(_("This project offers no work now. You are free; nothing runs on your time."))
    if not running:
        raise ClockStopped(_("Your clock is stopped. Press “Start work” first, so that your time is paid."))


def _offer(
    worker: User, project: Project, situation: Situation, clock: clocks.LockedClock, tab: str
) -> Lease | None:
    """Return a new lease, or None. Raises NoOffer."""
    if not situation.offering:
        return None
    pay = pay_facts(worker, project, situation, clock.at)
    if refusal := why_not(situation, pay, clock, clock.at):
        raise refusal
    if not pay.covered:
        pause_project(actor=None, project=project, reason="budget")
        return None
    if situation.asks_qualification and must_qualify(worker, project):
        return offer_qualification(worker=worker, project=project, clock=clock, tab=tab)
    return _drawn(worker, project, situation, clock.at)


def _drawn(worker: User, project: Project, situation: Situation, at: datetime) -> Lease | None:
    """Return a lease on a hidden gold item or repeat where the draw says so and there is one, else on a free item."""
    kind = draw(
        gold_percent=situation.gold_percent,
        repeat_percent=situation.repeat_percent,
        below=secrets.randbelow,
    )
    lease = Lease(
        id=uuid.uuid4(),
        project_id=project.pk,
        worker_id=worker.pk,
        shown_order=shuffled(situation.k),
        taken_at=at,
        expires_at=lease_ends(at, situation.lease_ms),
    )
    hidden = None
    if kind is Draw.GOLD:
        hidden = claim_gold(lease)
    elif kind is Draw.REPEAT:
        hidden = claim_repeat(lease, situation.repeat_after_ms)
    lease.repeat = hidden is not None and kind is Draw.REPEAT
    return hidden or claim(lease, situation)


def _shown(clock: clocks.LockedClock) -> str:
    """Return the id of the lease that the clock is on, or nothing."""
    return clock.work.id if clock.work is not None and clock.work.kind is WorkKind.RANK else ""
