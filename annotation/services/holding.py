"""The lease that an act is about, under lock with its item, and what runs once the act is done.

Lock order: the caller holds the worker's clock; here come the item and the lease, in one statement.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from annotation.errors import AlreadyAnswered
from annotation.models import ItemRole, Lease, LeaseState
from annotation.ranking import Asked
from annotation.services.taking import category_of
from byhand.accounts.models import User
from byhand.errors import Invalid, NotFound
from byhand.statements import fetch_one
from wages.services import clock as clocks
from wages.work import Category, WorkKind, WorkRef

LONGEST_NOTE = 4000

HELD = """
SELECT lease.project_id, lease.item_id, lease.state, lease.shown_order, lease.repeat, item.role, item.overlap,
    item.ballots_count, item.live_leases, project.top_m, project.asks_strength, project.dimensions,
    (SELECT ballot_id FROM annotation_currentballot WHERE item_id = item.id AND worker_id = %(worker)s),
    (SELECT id FROM annotation_ballot WHERE worker_id = %(worker)s AND key = %(key)s),
    EXISTS (SELECT 1 FROM annotation_skip WHERE worker_id = %(worker)s AND key = %(key)s)
FROM annotation_lease lease JOIN annotation_item item ON item.id = lease.item_id
JOIN annotation_project project ON project.id = lease.project_id
WHERE lease.id = %(lease)s AND lease.worker_id = %(worker)s
FOR UPDATE OF item, lease
"""


@dataclass(frozen=True)
class Moment:
    """When the act was made and what appears after it.

    `showing` is the lease, fetched in advance, that the page shows now. `elapsed_ms` is what the browser measured
    since `stamp`, a time that the server told it: an act from an offline queue is paid up to when it was made.
    """

    showing: uuid.UUID | None = None
    elapsed_ms: int | None = None
    stamp: datetime | None = None


@dataclass(frozen=True)
class Held:
    """The lease, its item and what the worker already said, under lock."""

    project_id: uuid.UUID
    item_id: int
    state: str
    shown_order: list[int]
    repeat: bool
    role: str
    overlap: int
    ballots_count: int
    live_leases: int
    top_m: int | None
    asks_strength: bool
    dimensions: list[str]
    current_ballot: uuid.UUID | None
    ballot_of_key: uuid.UUID | None
    key_of_skip: bool

    @property
    def asked(self) -> Asked:
        return Asked(len(self.shown_order), self.top_m, self.asks_strength, tuple(self.dimensions))

    @property
    def uses_slot(self) -> bool:
        return self.role == ItemRole.RANK and not self.repeat

    @property
    def frees(self) -> bool:
        """Return whether the end of this lease leaves the slot that it held."""
        return self.uses_slot and self.state == LeaseState.LIVE

    @property
    def again(self) -> bool:
        """Return whether the worker's ballot stands for this item already, from an earlier lease."""
        return self.uses_slot and self.current_ballot is not None

    @property
    def surplus(self) -> bool:
        if not self.uses_slot or self.again or self.state == LeaseState.LIVE:
            return False
        return self.ballots_count + self.live_leases >= self.overlap

    @property
    def open(self) -> bool:
        """An expired lease may still be answered: the work was done."""
        return self.state in {LeaseState.LIVE, LeaseState.EXPIRED}


def hold(worker: User, lease_id: uuid.UUID, key: str) -> Held:
    row = fetch_one(HELD, {"worker": worker.pk, "lease": lease_id, "key": key})
    if row is None:
        raise NotFound(_("No such item in your hands."))
    values = [
        json.loads(each) if at in (3, 11) else each for at, each in enumerate(row)
    ]  # JSON comes as text
    return Held(*values)


def require_open(held: Held) -> None:
    if not held.open:
        raise AlreadyAnswered(_("You have answered this item already; your first answer stands."))


def check_key(key: str) -> None:
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        raise Invalid(
            _("The key can't be used."), ["key: 8 to 64 printable ASCII characters, new for each answer."]
        )


def check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE or "\x00" in note:
        raise Invalid(
            _("The note can't be kept."), [f"note: at most {LONGEST_NOTE} characters, without NUL."]
        )


def leave(clock: clocks.LockedClock, lease_id: uuid.UUID, project_id: uuid.UUID, moment: Moment) -> None:
    """Close the item's stretch, if the clock is on it; time elsewhere is left alone."""
    if clock.work != WorkRef(WorkKind.RANK, str(lease_id)):
        return
    category, work = _appears(clock, project_id, moment.showing)
    if moment.elapsed_ms is None:
        clocks.move(clock, category=category, project_id=project_id, work=work, tab=clock.tab if work else "")
        return
    clocks.move_measured(
        clock,
        elapsed_ms=moment.elapsed_ms,
        stamp=moment.stamp,
        category=category,
        project_id=project_id,
        work=work,
        tab=clock.tab if work else "",
    )


def _appears(
    clock: clocks.LockedClock, project_id: uuid.UUID, showing: uuid.UUID | None
) -> tuple[Category, WorkRef | None]:
    """Return what runs next: the item that the page shows now, if it is in this worker's hands, else waiting."""
    if showing is None:
        return Category.WAITING, None
    # a lease may have ended while its page had no connection: the item was worked on all the same
    open_states = [LeaseState.LIVE, LeaseState.EXPIRED]
    held = Lease.objects.filter(pk=showing, worker=clock.worker_id, project=project_id, state__in=open_states)
    lease = held.select_related("item").first()
    if lease is None:
        return Category.WAITING, None
    return category_of(lease), WorkRef(WorkKind.RANK, str(lease.pk))
