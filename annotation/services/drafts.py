"""Keeps unfinished answers, so that a reload, a crash or another device loses none. One row per lease.

A save names the revision after the one its page has seen. Two pages that save from the same revision can't both
win: the second is told of the newer content and shows it. The lease is held by a share lock, which a submit waits
for and ends: no save that comes late brings a draft back. Nothing here touches the clock.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.answer_parts import DIMENSIONS, flags_of, ratings_of, strengths_of
from annotation.errors import AlreadyAnswered, StaleDraft
from annotation.models import Draft, Lease, LeaseState
from byhand.accounts.models import User
from byhand.errors import Invalid, NotFound

FIELDS = ("groups", "unranked", "unacceptable", "strengths", "ratings", "flags", "note")
LONGEST_NOTE = 4000
LAST_REVISION = 2**31 - 1
KEPT_AFTER_END = timedelta(days=30)  # who comes back later than that begins the item anew
SWEPT_AT_ONCE = 500

# Whoever saves holds the lease by a share lock: a draft that is just being written waits for the next sweep.
SWEEP = """
WITH over AS MATERIALIZED (
    SELECT lease.id FROM annotation_draft draft JOIN annotation_lease lease ON lease.id = draft.lease_id
    WHERE lease.state <> 'live' AND lease.ended_at < %(before)s AND draft.saved_at < %(before)s
    LIMIT %(batch)s FOR UPDATE OF lease SKIP LOCKED
)
DELETE FROM annotation_draft draft USING over
WHERE draft.lease_id = over.id AND draft.saved_at < %(before)s
"""

SAVE = """
WITH held AS MATERIALIZED (
    SELECT id FROM annotation_lease
    WHERE id = %(lease)s AND worker_id = %(worker)s AND state IN ('live', 'expired') FOR SHARE
)
INSERT INTO annotation_draft (lease_id, content, revision, saved_at)
SELECT id, %(content)s, %(revision)s, %(at)s FROM held
ON CONFLICT (lease_id) DO UPDATE
SET content = EXCLUDED.content, revision = EXCLUDED.revision, saved_at = EXCLUDED.saved_at
WHERE annotation_draft.revision < EXCLUDED.revision
RETURNING revision
"""


@transaction.atomic
def save_draft(
    *,
    worker: User,
    lease_id: uuid.UUID,
    content: Mapping[str, Any],
    revision: int,
    at: datetime | None = None,
) -> Draft:
    """Keep `content` as the newest draft of the lease. The same save again returns the first.

    Raises StaleDraft with the newer content, AlreadyAnswered, NotFound or Invalid, and then nothing has changed.
    """
    order = Lease.objects.filter(pk=lease_id, worker=worker).values_list("shown_order", flat=True).first()
    if order is None:
        raise NotFound(_("No such item in your hands."))
    kept = _checked(content, len(order), revision)
    values: dict[str, Any] = {
        "lease": lease_id,
        "worker": worker.pk,
        "content": json.dumps(kept),
        "revision": revision,
    }
    with connection.cursor() as cursor:
        cursor.execute(SAVE, {**values, "at": at or timezone.now()})
        saved = cursor.fetchone()
    draft = Draft.objects.select_related("lease").filter(pk=lease_id).first()
    if draft is not None and (saved or (draft.revision, draft.content) == (revision, kept)):
        return draft
    raise _refusal(lease_id, draft)


def sweep_drafts(*, at: datetime | None = None) -> int:
    """Delete drafts whose leases ended 30 days ago without an answer, and that nobody touched since; return how many.

    The ended lease itself stays, and an answer to it would still be taken.
    """
    values: dict[str, Any] = {"before": (at or timezone.now()) - KEPT_AFTER_END, "batch": SWEPT_AT_ONCE}
    removed = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SWEEP, values)
            gone = int(cursor.rowcount)
        removed += gone
        if gone < SWEPT_AT_ONCE:
            return removed


def _refusal(lease_id: uuid.UUID, draft: Draft | None) -> Exception:
    state = Lease.objects.values_list("state", flat=True).get(pk=lease_id)
    if draft is None or state not in {LeaseState.LIVE, LeaseState.EXPIRED}:
        return AlreadyAnswered(_("You have answered this item already; your first answer stands."))
    return StaleDraft(
        _("This item was changed in another tab or on another device. The newer state is shown."),
        content=draft.content,
        revision=draft.revision,
    )


def _checked(content: Mapping[str, Any], k: int, revision: int) -> dict[str, Any]:
    """Return the fields of an answer in the making. Unlike an answer it may leave completions unplaced."""
    problems = [f"{name}: no part of a draft" for name in content if name not in FIELDS]
    if not 1 <= revision <= LAST_REVISION:
        problems.append("revision: a whole number from 1.")
    groups = content.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, list) and group for group in groups):
        problems.append("groups: a list of lists that are not empty")
        groups = []
    placed = [index for group in groups for index in group]
    for name in ("unranked", "unacceptable"):
        placed += _listed(content, name, problems)
    if any(type(index) is not int or not 0 <= index < k for index in placed):
        problems.append(f"a draft names completions from 0 to {k - 1}")
    elif len(set(placed)) != len(placed):
        problems.append("a draft names each completion once at most")
    strengths_of(content.get("strengths"), len(groups), True, problems)
    ratings_of(content.get("ratings"), k, DIMENSIONS, problems)
    flags_of(content.get("flags"), k, problems)
    note = content.get("note", "")
    if not isinstance(note, str) or len(note) > LONGEST_NOTE or "\x00" in note:
        problems.append(f"note: a text of at most {LONGEST_NOTE} characters, without NUL")
    if problems:
        raise Invalid(_("This draft can't be kept."), problems)
    return {name: content[name] for name in FIELDS if name in content}


def _listed(content: Mapping[str, Any], name: str, problems: list[str]) -> list[Any]:
    value = content.get(name, [])
    if isinstance(value, list):
        return value
    problems.append(f"{name}: a list")
    return []
