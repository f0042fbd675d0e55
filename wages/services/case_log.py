"""What every act on a case shares: its lock, its history, its words, and the messages to both sides.

Words go into `CaseWords` alone. Messages and audit hold ids and outcomes, never what somebody wrote.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from byhand.accounts.models import Membership, Role, User
from byhand.accounts.selectors import is_steward
from byhand.accounts.services import send_message
from byhand.errors import DomainError, Invalid, NotFound
from wages.cases.rules import MOST_WORDS
from wages.errors import KeyReused
from wages.models import Case, CaseEvent, CaseWords
from wages.services.locking import LockedClock, lock

logger = logging.getLogger(__name__)


def checked_words(words: str, field: str = "words") -> str:
    """Return the words without spaces around them; raises Invalid, naming the field."""
    kept = words.replace("\r\n", "\n").strip()
    if not kept or len(kept) > MOST_WORDS or "\x00" in kept:
        raise Invalid(
            _("%(field)s: 1 to %(most)s characters, and no NUL character.")
            % {"field": field, "most": f"{MOST_WORDS:,}"}
        )
    return kept


def checked_key(key: str) -> str:
    if not 0 < len(key) <= 100 or not key.isprintable():
        raise Invalid("key: 1 to 100 characters, made once for each form.")
    return key


def opened_before(case: Case) -> Case | None:
    """Return the case that came first with this key, or None; raises KeyReused where its content differs."""
    first = Case.objects.filter(key=case.key).first()
    named = (
        "kind",
        "project_id",
        "worker_id",
        "starts",
        "ends",
        "interval_id",
        "entry_id",
        "statement_id",
        "objects_to_id",
    )
    if first is not None and any(getattr(first, name) != getattr(case, name) for name in named):
        raise KeyReused(_("key: it was used for another case already. Load the page again."))
    return first


def locked_case(case_id: int, at: datetime | None = None) -> tuple[Case, LockedClock]:
    """Return the case under the lock of its worker's clock: acts on one worker's cases come one after another."""
    case = Case.objects.select_related("project", "worker", "entry").filter(pk=case_id).first()
    if case is None:
        raise NotFound("There is no such case.")
    return case, lock(case.worker_id, at)


def note(*, case: Case, kind: str, actor: User | None, at: datetime, words: str = "") -> CaseEvent:
    """Append one step to the case's history; the words go aside, the row keeps their salted hash."""
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + words.encode()).hexdigest() if words else ""
    event = CaseEvent.objects.create(case=case, kind=kind, actor=actor, at=at, words_sha256=digest)
    if words:
        CaseWords.objects.create(event=event, text=words, salt=salt)
    return event


def tell_worker(case: Case, subject: str, body: str) -> None:
    send_message(user=case.worker, subject=subject, body=body, link=f"/cases/{case.pk}/")


def tell_stewards(case: Case, subject: str, body: str) -> None:
    """Tell every steward of the organisation who may decide; who is barred reads it on the page."""
    held = Membership.objects.filter(organisation_id=case.project.organisation_id, role=Role.STEWARD)
    for member in held.exclude(user_id=case.worker_id).select_related("user"):
        link = f"/pay/{case.project_id}/cases/{case.pk}/"
        send_message(user=member.user, subject=subject, body=body, link=link)


def may_speak(case: Case, actor: User) -> bool:
    """Say whether somebody is a side of the case: its worker, or a steward of the organisation."""
    return case.worker_id == actor.pk or is_steward(actor, case.project.organisation_id)


def each(act: Callable[[int, datetime | None], bool], case_ids: Iterable[int], at: datetime | None) -> int:
    """Do `act` for each case, in a transaction of its own; return how many it changed.

    A case that can't be settled is logged and keeps nobody else's pay waiting; the next run tries it again.
    """
    done = 0
    for case_id in case_ids:
        try:
            done += act(case_id, at)
        except DomainError:
            logger.exception("case %s was not settled", case_id)
    return done
