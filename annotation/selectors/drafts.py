"""Reads the draft of a lease, and the lease that a page shows beside the oldest one in hand."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import Draft, Lease, LeaseState
from byhand.accounts.models import User
from byhand.errors import NotFound

NO_DRAFT: dict[str, Any] = {"content": None, "revision": 0, "saved_at": None, "lease": None}


def draft_of(lease_id: uuid.UUID, worker: User) -> Draft | None:
    """Return the worker's own draft of the lease, if there is one."""
    return Draft.objects.filter(lease=lease_id, lease__worker=worker).select_related("lease").first()


def draft_for_page(lease_id: uuid.UUID, worker: User) -> dict[str, Any] | None:
    """Return what the page resumes from, as the scripts read it."""
    draft = draft_of(lease_id, worker)
    return {"content": draft.content, "revision": draft.revision} if draft else None


def unanswered_lease(lease_id: uuid.UUID, project_id: uuid.UUID, worker: User) -> Lease:
    """Return a lease that its worker may still answer, expired or not; raises NotFound."""
    lease = Lease.objects.filter(
        pk=lease_id, project=project_id, worker=worker, state__in=[LeaseState.LIVE, LeaseState.EXPIRED]
    ).first()
    if lease is None:
        raise NotFound(_("No such item in your hands."))
    return lease
